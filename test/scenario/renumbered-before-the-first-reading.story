# connections go where they can
# Memory lost, killed again before anything was read, and the address changed meanwhile: nobody can know (the judge's).
seed 2611
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 fe80::1 20 2001:db8:101::/48
uplink b em2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 2001:db8:f2::1 8 2001:db8:102::/48
dhcp a 7200
dhcp b 7200
client 10.0.0.12 default lasting tcp 198.18.7.20 68000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "3m"
| [probe]
| targets = ["gateway", "9.9.9.9", "1.1.1.1", "2620:fe::fe"]
| interval = "60s"
| fall = 3
| rise = 8
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| gateway6 = "fe80::1"
| prefix6 = ["2001:db8:101::/48"]
| nat6 = "prefix"
| [link.b]
| interface = "em2"
| gateway = "dhcp"
| gateway6 = "2001:db8:f2::1"
| weight = 2
| tier = 2
| metered = true
| prefix6 = ["2001:db8:102::/48"]
| nat6 = "nat"
| [policy.default]
| degraded = "use"
| failback = "stay"
| tos = 184
| [policy.voip]
| balance = "random"
| degraded = "use"
| prio = [3, 6]
| tos = 184
| [policy.web]
| members = ["a", "b"]
| balance = "least-states"
| degraded = "never"
| failback = "stay"
| empty = "drop"
config fifth
| reconcile = "3m"
| [probe]
| targets = ["gateway", "9.9.9.9", "1.1.1.1", "2620:fe::fe"]
| interval = "60s"
| fall = 3
| rise = 8
| [link.b]
| interface = "em2"
| gateway = "dhcp"
| gateway6 = "2001:db8:f2::1"
| weight = 2
| tier = 2
| metered = true
| prefix6 = ["2001:db8:102::/48"]
| nat6 = "nat"
| [policy.default]
| degraded = "use"
| failback = "stay"
| tos = 184
| [policy.voip]
| balance = "random"
| degraded = "use"
| prio = [3, 6]
| tos = 184
| [policy.web]
| balance = "least-states"
| degraded = "never"
| failback = "stay"
| empty = "drop"
| members = ["b"]
after 0ms carrier em1 down
after 0ms rest
after 0ms reload fifth
after 0ms carrier em1 up
after 1000ms gateway-dead a yes
after 0ms offer b 100.66.2.11/24 100.66.2.1
after 0ms carrier em2 down
after 0ms kill
after 0ms start afresh
after 2ms carrier em2 up
after 0ms kill
after 1000ms rest
