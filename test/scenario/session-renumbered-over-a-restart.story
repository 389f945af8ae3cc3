# A session ended while the daemon was away, and came back with another gateway. What the start saw first was no carrier; by the time the
# path was ready, what the daemon remembered of it was forgotten, and a connection stayed pinned to the gateway that was gone.
seed 6
uplink a em1 100.64.1.2/24 100.64.1.1 - - 2
uplink b pppoe2 100.64.2.2 100.64.2.1 - - 20
pppoe b em2
client 10.0.0.141 web lasting udp 198.18.7.20 7000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 pppoe2 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "10s"
| [probe]
| targets = ["9.9.9.9"]
| interval = "3s"
| fall = 6
| rise = 3
| hold = "1s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| weight = 10
| [link.b]
| interface = "pppoe2"
| gateway = "peer"
| weight = 10
| tier = 2
| [policy.default]
| balance = "weight"
| degraded = "avoid"
| tos = 184
| [policy.voip]
| empty = "drop"
| [policy.web]
| members = ["b"]
| balance = "least-states"
| empty = "drop"
| tos = 184
after 0ms kill
after 0ms offer b 100.66.2.2 100.66.2.1 asked-for
after 0ms rest
