# no pf state is killed on a path that works
# Somebody deleted the default route of a link's routing table while the machine stalled: pings that could not leave were taken for its losses.
seed 2631
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
lan 2001:db8:104:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 2001:db8:f1::1 8 2001:db8:101::/48
uplink b em2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 2001:db8:f2::1 45 2001:db8:102::/48
uplink c em3 100.64.3.2/24 100.64.3.1 - - 20
uplink d em4 100.64.4.2/24 100.64.4.1 2001:db8:f4::2/64 2001:db8:f4::1 20 2001:db8:104::/48
dhcp b 600
dhcp c 600
client 10.0.0.10 default fresh udp 198.18.0.80 280000
client 10.0.0.11 default lasting udp 198.18.0.80 68000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 2001:db8:104::/48 }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 em2 em3 em4 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "10m"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8", "2620:fe::fe"]
| interval = "30s"
| fall = 3
| [probe.latency]
| degraded = "250ms"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| gateway6 = "2001:db8:f1::1"
| weight = 3
| tier = 3
| prefix6 = ["2001:db8:101::/48"]
| [link.b]
| interface = "em2"
| gateway = "dhcp"
| gateway6 = "2001:db8:f2::1"
| via = "rtable"
| prefix6 = ["2001:db8:102::/48"]
| nat6 = "prefix"
| [link.c]
| interface = "em3"
| gateway = "dhcp"
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| gateway6 = "2001:db8:f4::1"
| tier = 2
| prefix6 = ["2001:db8:104::/48"]
| [policy.default]
| tos = 184
| [policy.voip]
| members = ["a", "b", "c", "d"]
| balance = "weight"
| degraded = "use"
| failback = "move"
| [policy.web]
| failback = "move"
after 43601008ms admin route -T 103 -n delete default
after 3ms stall
after 12637ms go-on
after 1000ms overflow begins
