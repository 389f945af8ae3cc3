# connections go where they can
# A reload from a pool to weights: what the pool had pinned to a gateway was not swept any more.
seed 1049
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
lan 2001:db8:103:1::1/64
uplink a vio1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 fe80::1 2 2001:db8:101::/48
uplink b vio2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 2001:db8:f2::1 45 2001:db8:102::/48
uplink c vio3 100.64.3.2/24 100.64.3.1 2001:db8:f3::2/64 fe80::1 8 2001:db8:103::/48
client 10.0.0.11 default lasting udp 198.18.0.80 7000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 2001:db8:103::/48 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| [probe]
| targets = ["gateway", "9.9.9.9", "2620:fe::fe"]
| fall = 3
| rise = 3
| hold = "1s"
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| gateway6 = "fe80::1"
| prefix6 = ["2001:db8:101::/48"]
| nat6 = "prefix"
| [link.b]
| interface = "vio2"
| gateway = "100.64.2.1"
| gateway6 = "2001:db8:f2::1"
| weight = 2
| tier = 2
| metered = true
| prefix6 = ["2001:db8:102::/48"]
| nat6 = "nat"
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| gateway6 = "fe80::1"
| weight = 3
| tier = 3
| prefix6 = ["2001:db8:103::/48"]
| nat6 = "prefix"
| [policy.default]
| balance = "source-hash"
| [policy.voip]
| balance = "weight"
| failback = "stay"
| [policy.web]
| balance = "weight"
| failback = "move"
config second
| [probe]
| targets = ["gateway", "9.9.9.9", "2620:fe::fe"]
| fall = 3
| rise = 3
| hold = "1s"
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| gateway6 = "fe80::1"
| prefix6 = ["2001:db8:101::/48"]
| nat6 = "prefix"
| [link.b]
| interface = "vio2"
| gateway = "100.64.2.1"
| gateway6 = "2001:db8:f2::1"
| weight = 2
| tier = 2
| metered = true
| prefix6 = ["2001:db8:102::/48"]
| nat6 = "nat"
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| gateway6 = "fe80::1"
| weight = 3
| tier = 3
| prefix6 = ["2001:db8:103::/48"]
| nat6 = "prefix"
| [policy.default]
| balance = "weight"
| [policy.voip]
| balance = "weight"
| failback = "stay"
| [policy.web]
| balance = "weight"
| failback = "move"
after 0ms reload second
after 0ms carrier vio1 down
after 0ms rest
