# no pf state is left on a dead path
# A start without memory on a link that has lost carrier: what a pool had pinned to its gateway was not swept, though the lease still told it.
seed 7379
uplink a vio1 100.64.1.2/24 100.64.1.1 - - 20
uplink b em2 100.64.2.2/24 100.64.2.1 - - 45
dhcp a 7200
dhcp b 600
client 10.0.0.72 voip lasting tcp 198.18.0.80 40000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { vio1 em2 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "10m"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8"]
| interval = "2m"
| rise = 1
| hold = "1s"
| [probe.latency]
| degraded = "250ms"
| [link.a]
| interface = "vio1"
| gateway = "dhcp"
| weight = 65535
| tier = 2
| [link.b]
| interface = "em2"
| gateway = "dhcp"
| weight = 10
| [policy.default]
| members = ["a"]
| balance = "round-robin"
| failback = "move"
| [policy.voip]
| balance = "random"
| degraded = "never"
| empty = "last-resort"
| [policy.web]
| members = ["a", "b"]
| [inbound]
| enabled = true
after 0ms dark b yes
after 8081156ms carrier vio1 down
after 0ms kill
after 0ms start afresh
after 0ms dark b no
after 0ms rest
