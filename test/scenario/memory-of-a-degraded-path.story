# the memory of a life is understood by the next
# health.json could not hold a degraded path: the next start ignored all of it.
seed 9
uplink a vio1 100.64.1.2/24 100.64.1.1 - - 8
uplink b vio2 100.64.2.2/24 100.64.2.1 - - 45
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { vio1 vio2 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| [probe]
| hold = "1s"
| [probe.latency]
| degraded = "100ms"
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| tier = 3
| metered = true
| [link.b]
| interface = "vio2"
| gateway = "100.64.2.1"
| [policy.default]
| members = ["b"]
| failback = "stay"
| empty = "drop"
| tos = 184
| [inbound]
| enabled = true
after 0ms latency b 900
after 13907ms kill
after 0ms start remembering
