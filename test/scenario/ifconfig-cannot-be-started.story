# what the kernel tells is known
# ifconfig cannot be started for a while: the fault was put down to the command that had run before it (it was the judge's).
seed 828
uplink a em1 100.64.1.2/24 100.64.1.1 - - 45
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
uplink c vio3 100.64.3.2/24 100.64.3.1 - - 2
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 em2 vio3 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "5m"
| default_route = "multipath"
| [probe]
| targets = ["gateway", "9.9.9.9", "1.1.1.1"]
| interval = "60s"
| hold = "1s"
| timeout = "auto"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| metered = true
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| weight = 3
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| [policy.default]
| members = ["a", "b", "c"]
| empty = "last-resort"
| tos = 184
| [policy.voip]
| failback = "stay"
| empty = "drop"
| tos = 184
| [inbound]
| enabled = true
after 0ms rest
after 0ms fault ifconfig "" 6 not-started "Resource temporarily unavailable"
after 0ms overflow begins
after 0ms carrier em2 down
after 0ms overflow ends
after 12421ms latency b 900
