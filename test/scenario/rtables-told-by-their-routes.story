# no packet leaves with the address of another link
# A start without memory, after a link had been taken out and put back: the rules of the life before named no routing table of the link that
# still carried a connection, so its number was given to another link. The routes in the tables tell whose they are.
seed 70002
uplink a vio1 100.64.1.2/24 100.64.1.1 - - 20
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
uplink c em3 100.64.3.2/24 100.64.3.1 - - 45
uplink d em4 100.64.4.2/24 100.64.4.1 - - 45
uplink e vio5 100.64.5.2/24 100.64.5.1 - - 20
uplink f vio6 100.64.6.2/24 100.64.6.1 - - 8
uplink g vio7 100.64.7.2/24 100.64.7.1 - - 2
uplink h em8 100.64.8.2/24 100.64.8.1 - - 8
client 10.0.0.12 default lasting tcp 198.18.7.20 68000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "10m"
| [probe]
| targets = ["9.9.9.9"]
| interval = "2m"
| fall = 3
| hold = "3s"
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| weight = 2
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| tier = 2
| metered = true
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| weight = 2
| tier = 3
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| weight = 10
| tier = 2
| [link.e]
| interface = "vio5"
| gateway = "100.64.5.1"
| weight = 10
| tier = 2
| via = "rtable"
| [link.f]
| interface = "vio6"
| gateway = "100.64.6.1"
| weight = 10
| tier = 2
| via = "rtable"
| [link.g]
| interface = "vio7"
| gateway = "100.64.7.1"
| weight = 3
| [link.h]
| interface = "em8"
| gateway = "100.64.8.1"
| tier = 3
| via = "route-to"
| [policy.default]
| members = ["a", "b", "d", "f", "g", "h"]
| degraded = "use"
| failback = "stay"
| prio = [3, 6]
| [inbound]
| enabled = true
config fourth
| reconcile = "10m"
| [probe]
| targets = ["9.9.9.9"]
| interval = "2m"
| fall = 3
| hold = "3s"
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| weight = 2
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| tier = 2
| metered = true
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| weight = 2
| tier = 3
| [link.e]
| interface = "vio5"
| gateway = "100.64.5.1"
| weight = 10
| tier = 2
| via = "rtable"
| [link.f]
| interface = "vio6"
| gateway = "100.64.6.1"
| weight = 10
| tier = 2
| via = "rtable"
| [link.g]
| interface = "vio7"
| gateway = "100.64.7.1"
| weight = 3
| [link.h]
| interface = "em8"
| gateway = "100.64.8.1"
| tier = 3
| via = "route-to"
| [policy.default]
| degraded = "use"
| failback = "stay"
| prio = [3, 6]
| members = ["a", "b", "f", "g", "h"]
| [inbound]
| enabled = true
after 0ms reload fourth
after 0ms kill
after 0ms start afresh
after 0ms detach vio1
after 0ms reload first
after 0ms rest
