# no path is up before its hold
# A link is taken out of the file and put back at once: it begins anew, without a hold (the judge had not forgotten it).
seed 6504
uplink a em1 100.64.1.2/24 100.64.1.1 - - 20
uplink b vio2 100.64.2.2/24 100.64.2.1 - - 20
uplink c em3 100.64.3.2/24 100.64.3.1 - - 45
uplink d pppoe4 100.64.4.2 100.64.4.1 - - 2
dhcp a 7200
dhcp b 7200
dhcp c 600
pppoe d vio4
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "3m"
| default_route = "best"
| on_exit = "flush"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8"]
| interval = "20s"
| hold = "20s"
| idle = "20s"
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| [link.b]
| interface = "vio2"
| gateway = "dhcp"
| weight = 10
| [link.c]
| interface = "em3"
| gateway = "dhcp"
| [link.d]
| interface = "pppoe4"
| gateway = "peer"
| weight = 65535
| [policy.default]
| members = ["a", "b", "c", "d"]
| balance = "weight"
| failback = "stay"
| [policy.voip]
| prio = [3, 6]
| tos = 184
config fifth
| reconcile = "3m"
| default_route = "best"
| on_exit = "flush"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8"]
| interval = "20s"
| hold = "20s"
| idle = "20s"
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| [link.b]
| interface = "vio2"
| gateway = "dhcp"
| weight = 10
| [link.d]
| interface = "pppoe4"
| gateway = "peer"
| weight = 65535
| [policy.default]
| balance = "weight"
| failback = "stay"
| members = ["a", "b", "d"]
| [policy.voip]
| prio = [3, 6]
| tos = 184
after 0ms rest
after 0ms carrier em3 down
after 10000ms reload fifth
after 10ms reload first
after 0ms carrier em3 up
after 3488ms far-silent b no
