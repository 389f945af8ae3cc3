# no pf state is killed on a path that works
# The address was taken and given back while the monitor was mute: the route of the probes was gone until the next recheck.
seed 41
uplink a vio1 100.64.1.2/24 100.64.1.1 - - 2
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
uplink c vio3 100.64.3.2/24 100.64.3.1 - - 45
uplink d em4 100.64.4.2/24 100.64.4.1 - - 20
client 10.0.0.10 default fresh tcp 198.18.7.20 1000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { vio1 em2 vio3 em4 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "60s"
| [probe]
| targets = ["gateway", "9.9.9.9", "1.1.1.1"]
| rise = 3
| [probe.latency]
| degraded = "250ms"
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| weight = 10
| metered = true
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| weight = 2
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| tier = 2
| [policy.default]
| degraded = "use"
| failback = "stay"
| empty = "drop"
after 0ms fault route monitor 3 partial 249
after 0ms kill
after 0ms start remembering
after 10ms renumber vio1 100.64.1.2/24
after 14677ms kill
