# no packet leaves with the address of another link
# From a pool to weights, and the link gets another address: what the pool has pinned has no guard any more.
seed 8901
uplink a vio1 100.64.1.2/24 100.64.1.1 - - 2
uplink b em2 100.64.2.2/24 100.64.2.1 - - 2
uplink c vio3 100.64.3.2/24 100.64.3.1 - - 45
client 10.0.0.11 default lasting udp 198.18.0.80 68000
client 10.0.0.12 default lasting tcp 198.18.0.80 280000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "5m"
| [probe]
| interval = "2m"
| fall = 2
| rise = 8
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| weight = 3
| tier = 2
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| weight = 3
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| tier = 2
| [policy.default]
| prio = [3, 6]
| tos = 184
| [policy.voip]
| members = ["a", "b"]
| empty = "last-resort"
| [policy.web]
| members = ["a"]
| balance = "round-robin"
config third
| reconcile = "5m"
| [probe]
| interval = "2m"
| fall = 2
| rise = 8
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| weight = 3
| tier = 2
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| weight = 3
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| tier = 2
| [policy.default]
| prio = [3, 6]
| tos = 184
| balance = "least-states"
| [policy.voip]
| members = ["a", "b"]
| empty = "last-resort"
| [policy.web]
| members = ["a"]
| balance = "round-robin"
config fourth
| reconcile = "5m"
| [probe]
| interval = "2m"
| fall = 2
| rise = 8
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| weight = 3
| tier = 2
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| weight = 3
| tier = 4
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| tier = 2
| [policy.default]
| prio = [3, 6]
| tos = 184
| [policy.voip]
| members = ["a", "b"]
| empty = "last-resort"
| [policy.web]
| members = ["a"]
| balance = "round-robin"
after 0ms gateway-dead b yes
after 0ms reload third
after 9071330ms reload fourth
after 0ms renumber vio3 100.64.3.47/24
after 0ms rest
