# connections go where they can
# A link is taken out by a reload, then the daemon starts without its memory: routing tables were numbered anew while rules and pf states
# of before still named the old numbers, and led to the link that had the number now, untranslated.
seed 1343
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink b em2 100.64.2.2/24 100.64.2.1 - - 2
uplink c em3 100.64.3.2/24 100.64.3.1 - - 8
uplink d vio4 100.64.4.2/24 100.64.4.1 - - 45
client 10.0.0.71 voip lasting udp 198.18.0.80 2500
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "10s"
| [probe]
| targets = ["9.9.9.9"]
| interval = "3s"
| fall = 6
| rise = 1
| hold = "1s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| weight = 3
| metered = true
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| weight = 2
| tier = 2
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| tier = 3
| via = "rtable"
| [link.d]
| interface = "vio4"
| gateway = "100.64.4.1"
| weight = 65535
| [policy.default]
| balance = "weight"
| prio = [3, 6]
| tos = 184
| [policy.voip]
| members = ["a", "b", "c"]
| degraded = "use"
| [policy.web]
| degraded = "avoid"
config fourth
| reconcile = "10s"
| [probe]
| targets = ["9.9.9.9"]
| interval = "3s"
| fall = 6
| rise = 1
| hold = "1s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| weight = 3
| metered = true
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| tier = 3
| via = "rtable"
| [link.d]
| interface = "vio4"
| gateway = "100.64.4.1"
| weight = 65535
| [policy.default]
| balance = "weight"
| prio = [3, 6]
| tos = 184
| [policy.voip]
| degraded = "use"
| members = ["a", "c"]
| [policy.web]
| degraded = "avoid"
after 0ms gateway-dead a yes
after 0ms reload fourth
after 60000ms kill
after 1000ms start afresh
after 60000ms reload fourth
