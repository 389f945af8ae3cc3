# a fresh start would do the same
# A drained link came back, from which nothing followed: health.json had it as down for up to an hour, and a restart in that time wrote
# rules that were there.
seed 2154
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
lan 2001:db8:103:1::1/64
lan 2001:db8:104:1::1/64
lan 2001:db8:105:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 2001:db8:f1::1 8 2001:db8:101::/48
uplink b vio2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 2001:db8:f2::1 2 2001:db8:102::/48
uplink c vio3 100.64.3.2/24 100.64.3.1 2001:db8:f3::2/64 2001:db8:f3::1 2 2001:db8:103::/48
uplink d em4 100.64.4.2/24 100.64.4.1 2001:db8:f4::2/64 2001:db8:f4::1 8 2001:db8:104::/48
uplink e em5 100.64.5.2/24 100.64.5.1 2001:db8:f5::2/64 2001:db8:f5::1 2 2001:db8:105::/48
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 2001:db8:103::/48 2001:db8:104::/48 2001:db8:105::/48 }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 vio2 vio3 em4 em5 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "3m"
| local = ["10.200.0.0/16", "203.0.113.0/24"]
| [probe]
| targets = ["gateway", "9.9.9.9", "2620:fe::fe"]
| interval = "30s"
| hold = "0s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| gateway6 = "2001:db8:f1::1"
| tier = 3
| prefix6 = ["2001:db8:101::/48"]
| [link.b]
| interface = "vio2"
| gateway = "100.64.2.1"
| gateway6 = "2001:db8:f2::1"
| weight = 10
| prefix6 = ["2001:db8:102::/48"]
| nat6 = "nat"
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| gateway6 = "2001:db8:f3::1"
| tier = 2
| prefix6 = ["2001:db8:103::/48"]
| nat6 = "prefix"
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| gateway6 = "2001:db8:f4::1"
| tier = 2
| prefix6 = ["2001:db8:104::/48"]
| [link.e]
| interface = "em5"
| gateway = "100.64.5.1"
| gateway6 = "2001:db8:f5::1"
| tier = 2
| prefix6 = ["2001:db8:105::/48"]
| nat6 = "no"
| [policy.default]
| members = ["b", "d"]
| balance = "random"
| [policy.voip]
| degraded = "use"
| failback = "move"
| empty = "drop"
| prio = [3, 6]
| [policy.web]
| balance = "weight"
| degraded = "avoid"
| failback = "stay"
| [inbound]
| enabled = true
after 0ms dark b yes
after 0ms by-hand b drained
after 11618ms dark b no
after 0ms rest
