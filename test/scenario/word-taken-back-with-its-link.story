# health is what the world is
# A disabled link was taken out of the file and put back, and the daemon was killed before the next reading: the word was still in
# health.json, and held again.
seed 2204
uplink a em1 100.64.1.2/24 100.64.1.1 - - 45
uplink b vio2 100.64.2.2/24 100.64.2.1 - - 45
uplink c em3 100.64.3.2/24 100.64.3.1 - - 20
uplink d em4 100.64.4.2/24 100.64.4.1 - - 20
dhcp a 7200
dhcp b 7200
dhcp c 7200
dhcp d 7200
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "3m"
| [probe]
| targets = ["gateway", "9.9.9.9"]
| interval = "30s"
| hold = "20s"
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| weight = 3
| tier = 3
| [link.b]
| interface = "vio2"
| gateway = "dhcp"
| tier = 2
| [link.c]
| interface = "em3"
| gateway = "dhcp"
| weight = 65535
| tier = 2
| [link.d]
| interface = "em4"
| gateway = "dhcp"
| [policy.default]
| degraded = "never"
| empty = "last-resort"
| tos = 184
| [inbound]
| enabled = true
config fourth
| reconcile = "3m"
| [probe]
| targets = ["gateway", "9.9.9.9"]
| interval = "30s"
| hold = "20s"
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| weight = 3
| tier = 3
| [link.c]
| interface = "em3"
| gateway = "dhcp"
| weight = 65535
| tier = 2
| [link.d]
| interface = "em4"
| gateway = "dhcp"
| [policy.default]
| degraded = "never"
| empty = "last-resort"
| tos = 184
| [inbound]
| enabled = true
config fifth
| reconcile = "3m"
| [probe]
| targets = ["gateway", "9.9.9.9"]
| interval = "30s"
| hold = "20s"
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| weight = 3
| tier = 3
| [link.b]
| interface = "vio2"
| gateway = "dhcp"
| tier = 2
| [link.c]
| interface = "em3"
| gateway = "dhcp"
| weight = 65535
| tier = 2
| [policy.default]
| degraded = "never"
| empty = "last-resort"
| tos = 184
| [inbound]
| enabled = true
after 0ms reload fourth
after 0ms by-hand d disabled
after 10ms reload fifth
after 0ms reload first
after 0ms kill
after 0ms rest
