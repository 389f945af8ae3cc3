# no packet leaves with the address of another link
# The link of a pool gets another address: its states on the way out are killed by label, those on the way in have the pool's label and
# the same gateway as before. Further TCP packets match no rule (flags S/SA) and leave untranslated.
seed 1170
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
uplink a vio1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 2001:db8:f1::1 20 2001:db8:101::/48
uplink b vio2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 fe80::1 2 2001:db8:102::/48
client 10.0.0.12 default lasting tcp 198.18.0.80 2500
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "60s"
| [probe]
| targets = ["gateway", "9.9.9.9", "1.1.1.1", "2620:fe::fe"]
| interval = "3s"
| fall = 2
| rise = 1
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| gateway6 = "2001:db8:f1::1"
| tier = 2
| prefix6 = ["2001:db8:101::/48"]
| [link.b]
| interface = "vio2"
| gateway = "100.64.2.1"
| gateway6 = "fe80::1"
| metered = true
| prefix6 = ["2001:db8:102::/48"]
| [policy.default]
| members = ["b"]
| balance = "round-robin"
| degraded = "use"
| failback = "stay"
after 0ms renumber vio2 100.64.2.39/24
after 56168ms pause
