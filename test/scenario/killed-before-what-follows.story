# the log tells every change
# A kill comes between the answer of route(8) and what follows from it: the dead daemon must say nothing more (it was the simulation's).
seed 4116
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
lan 2001:db8:103:1::1/64
lan 2001:db8:104:1::1/64
lan 2001:db8:105:1::1/64
lan 2001:db8:106:1::1/64
lan 2001:db8:107:1::1/64
lan 2001:db8:108:1::1/64
uplink a vio1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 fe80::1 45 2001:db8:101::/48
uplink b vio2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 2001:db8:f2::1 45 2001:db8:102::/48
uplink c em3 100.64.3.2/24 100.64.3.1 2001:db8:f3::2/64 fe80::1 20 2001:db8:103::/48
uplink d em4 100.64.4.2/24 100.64.4.1 2001:db8:f4::2/64 fe80::1 2 2001:db8:104::/48
uplink e vio5 100.64.5.2/24 100.64.5.1 2001:db8:f5::2/64 2001:db8:f5::1 2 2001:db8:105::/48
uplink f vio6 100.64.6.2/24 100.64.6.1 2001:db8:f6::2/64 2001:db8:f6::1 20 2001:db8:106::/48
uplink g vio7 100.64.7.2/24 100.64.7.1 2001:db8:f7::2/64 2001:db8:f7::1 45 2001:db8:107::/48
uplink h vio8 100.64.8.2/24 100.64.8.1 2001:db8:f8::2/64 fe80::1 20 2001:db8:108::/48
dhcp a 600
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 2001:db8:103::/48 2001:db8:104::/48 2001:db8:105::/48 2001:db8:106::/48 2001:db8:107::/48 2001:db8:108::/48 }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { vio1 vio2 em3 em4 vio5 vio6 vio7 vio8 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "5m"
| on_exit = "flush"
| [probe]
| targets = ["tcp:9.9.9.9:443", "2620:fe::fe"]
| interval = "60s"
| rise = 2
| hold = "1s"
| [probe.loss]
| degraded = 20
| window = "1m"
| [probe.latency]
| degraded = "250ms"
| [link.a]
| interface = "vio1"
| gateway = "dhcp"
| gateway6 = "fe80::1"
| weight = 65535
| metered = true
| prefix6 = ["2001:db8:101::/48"]
| nat6 = "prefix"
| [link.b]
| interface = "vio2"
| gateway = "100.64.2.1"
| gateway6 = "2001:db8:f2::1"
| weight = 65535
| metered = true
| prefix6 = ["2001:db8:102::/48"]
| budget = "100G"
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| gateway6 = "fe80::1"
| tier = 2
| metered = true
| prefix6 = ["2001:db8:103::/48"]
| nat6 = "no"
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| gateway6 = "fe80::1"
| prefix6 = ["2001:db8:104::/48"]
| [link.e]
| interface = "vio5"
| gateway = "100.64.5.1"
| gateway6 = "2001:db8:f5::1"
| weight = 2
| prefix6 = ["2001:db8:105::/48"]
| nat6 = "no"
| [link.f]
| interface = "vio6"
| gateway = "100.64.6.1"
| gateway6 = "2001:db8:f6::1"
| weight = 3
| metered = true
| via = "rtable"
| prefix6 = ["2001:db8:106::/48"]
| budget = "100G"
| [link.g]
| interface = "vio7"
| gateway = "100.64.7.1"
| gateway6 = "2001:db8:f7::1"
| weight = 2
| metered = true
| prefix6 = ["2001:db8:107::/48"]
| budget = "100G"
| [link.h]
| interface = "vio8"
| gateway = "100.64.8.1"
| gateway6 = "fe80::1"
| prefix6 = ["2001:db8:108::/48"]
| nat6 = "no"
| [policy.default]
| degraded = "use"
| failback = "stay"
| [policy.voip]
| empty = "drop"
| [policy.web]
| failback = "stay"
after 0ms fault route "show|add|change|delete" 2 not-started "Resource temporarily unavailable"
after 0ms carrier vio1 down
after 0ms carrier vio1 up
after 0ms renumber em4 100.64.4.46/24
after 0ms kill
after 0ms start afresh
after 1000ms terminate
