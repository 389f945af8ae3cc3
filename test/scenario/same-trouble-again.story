# nothing is said twice
# Each attempt to start ifconfig said the same line again.
seed 8
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
lan 2001:db8:103:1::1/64
lan 2001:db8:104:1::1/64
lan 2001:db8:105:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 fe80::1 8 2001:db8:101::/48
uplink b em2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 2001:db8:f2::1 2 2001:db8:102::/48
uplink c em3 100.64.3.2/24 100.64.3.1 2001:db8:f3::2/64 fe80::1 8 2001:db8:103::/48
uplink d vio4 100.64.4.2/24 100.64.4.1 2001:db8:f4::2/64 2001:db8:f4::1 45 2001:db8:104::/48
uplink e em5 100.64.5.2/24 100.64.5.1 2001:db8:f5::2/64 fe80::1 20 2001:db8:105::/48
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 2001:db8:103::/48 2001:db8:104::/48 2001:db8:105::/48 }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 em2 em3 vio4 em5 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| [probe]
| targets = ["9.9.9.9", "2620:fe::fe"]
| rise = 8
| hold = "0s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| gateway6 = "fe80::1"
| weight = 65535
| prefix6 = ["2001:db8:101::/48"]
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| gateway6 = "2001:db8:f2::1"
| prefix6 = ["2001:db8:102::/48"]
| nat6 = "prefix"
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| gateway6 = "fe80::1"
| weight = 65535
| prefix6 = ["2001:db8:103::/48"]
| [link.d]
| interface = "vio4"
| gateway = "100.64.4.1"
| gateway6 = "2001:db8:f4::1"
| prefix6 = ["2001:db8:104::/48"]
| [link.e]
| interface = "em5"
| gateway = "100.64.5.1"
| gateway6 = "fe80::1"
| prefix6 = ["2001:db8:105::/48"]
| nat6 = "no"
| [policy.default]
| failback = "move"
| tos = 184
| [policy.voip]
| balance = "weight"
| [policy.web]
| members = ["a", "d"]
| empty = "last-resort"
| [inbound]
| enabled = true
after 0ms fault ifconfig "" 6 not-started "Resource temporarily unavailable"
after 7434ms latency a 8
