# connections go where they can
# A reload takes a link out, then it dies: nobody watches it any more, and a UDP flow that was on it stays on it for ever.
seed 1082
uplink a em1 100.64.1.2/24 100.64.1.1 - - 45
uplink b em2 100.64.2.2/24 100.64.2.1 - - 20
uplink c em3 100.64.3.2/24 100.64.3.1 - - 8
client 10.0.0.10 default fresh tcp 198.18.7.20 7000
client 10.0.0.11 default lasting udp 198.18.7.20 1000
client 10.0.0.12 default lasting tcp 198.18.0.80 4000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 em2 em3 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| [probe]
| targets = ["9.9.9.9"]
| interval = "3s"
| fall = 6
| hold = "0s"
| [probe.latency]
| degraded = "100ms"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| tier = 2
| via = "route-to"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| tier = 2
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| weight = 65535
| [policy.default]
| members = ["a", "b"]
| empty = "drop"
| tos = 184
config fifth
| [probe]
| targets = ["9.9.9.9"]
| interval = "3s"
| fall = 6
| hold = "0s"
| [probe.latency]
| degraded = "100ms"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| tier = 2
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| weight = 65535
| [policy.default]
| empty = "drop"
| tos = 184
| members = ["b"]
after 72647ms rest
after 0ms reload fifth
after 0ms ifconfig em1 down
after 0ms rest
