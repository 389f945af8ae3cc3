# connections go where they can
# A path that was dead from the first reading on had no gateway to look for in the list of states.
seed 115
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink b em2 100.64.2.2/24 100.64.2.1 - - 20
uplink c vio3 100.64.3.2/24 100.64.3.1 - - 20
uplink d em4 100.64.4.2/24 100.64.4.1 - - 2
client 10.0.0.70 voip fresh tcp 198.18.7.20 1000
client 10.0.0.71 voip lasting udp 198.18.0.80 7000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 em2 vio3 em4 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8"]
| rise = 2
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| weight = 65535
| tier = 3
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| weight = 65535
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| weight = 2
| via = "route-to"
| [policy.default]
| members = ["a", "b", "d"]
| tos = 184
| [policy.voip]
| members = ["b", "c", "d"]
| balance = "least-states"
| [inbound]
| enabled = true
after 0ms carrier vio3 down
after 0ms kill
after 0ms rest
