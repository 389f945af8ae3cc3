# a fresh start would do the same
# A start that looked at pf before its routing tables were set took the difference for one of pf, and loaded what was there.
seed 22
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
lan 2001:db8:103:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 2001:db8:f1::1 45 2001:db8:101::/48
uplink b em2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 2001:db8:f2::1 2 2001:db8:102::/48
uplink c vio3 100.64.3.2/24 100.64.3.1 2001:db8:f3::2/64 fe80::1 8 2001:db8:103::/48
uplink d em4 100.64.4.2/24 100.64.4.1 - - 2
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 2001:db8:103::/48 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "5s"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8", "2620:fe::fe"]
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| gateway6 = "2001:db8:f1::1"
| weight = 10
| tier = 3
| via = "rtable"
| prefix6 = ["2001:db8:101::/48"]
| nat6 = "prefix"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| gateway6 = "2001:db8:f2::1"
| weight = 3
| metered = true
| prefix6 = ["2001:db8:102::/48"]
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| gateway6 = "fe80::1"
| tier = 3
| prefix6 = ["2001:db8:103::/48"]
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| [policy.default]
| members = ["a", "c"]
| balance = "weight"
| failback = "stay"
| [policy.voip]
| members = ["c"]
| failback = "stay"
| prio = [3, 6]
| [policy.web]
| members = ["a"]
| empty = "last-resort"
| tos = 184
after 0ms rest
