# no pf state is killed on a path that works
# pf refused our own probes ("Permission denied"), and every link was called dead before the next look at pf.
seed 19
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink b vio2 100.64.2.2/24 100.64.2.1 - - 20
uplink c vio3 100.64.3.2/24 100.64.3.1 - - 20
uplink d em4 100.64.4.2/24 100.64.4.1 - - 45
client 10.0.0.10 default fresh udp 198.18.0.80 2500
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 vio2 vio3 em4 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8"]
| fall = 2
| rise = 1
| hold = "1s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| tier = 3
| metered = true
| [link.b]
| interface = "vio2"
| gateway = "100.64.2.1"
| tier = 3
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| tier = 3
| [policy.default]
| members = ["a", "b", "c", "d"]
| degraded = "never"
| empty = "last-resort"
| [policy.voip]
| members = ["d"]
| balance = "least-states"
| empty = "last-resort"
after 0ms admin pfctl -a uplinkd -F rules
after 0ms child ping "" kill
after 10000ms admin pfctl -f /etc/pf.conf
