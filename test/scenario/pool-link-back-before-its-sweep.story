# no packet leaves with the address of another link
# A link of a pool dies and is back before its pinned states were swept. Its states on the way out are killed by label by then, the
# one on the way in is not: further TCP packets match no rule (flags S/SA) and leave untranslated, unless pf.conf blocks them.
seed 5098
lan 2001:db8:101:1::1/64
lan 2001:db8:103:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 fe80::1 45 2001:db8:101::/48
uplink b em2 100.64.2.2/24 100.64.2.1 - - 45
uplink c em3 100.64.3.2/24 100.64.3.1 2001:db8:f3::2/64 2001:db8:f3::1 8 2001:db8:103::/48
client 10.0.0.12 default lasting tcp 198.18.0.80 1700
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:103::/48 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| [probe]
| targets = ["gateway", "9.9.9.9", "2620:fe::fe"]
| fall = 4
| [probe.latency]
| degraded = "100ms"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| gateway6 = "fe80::1"
| tier = 2
| prefix6 = ["2001:db8:101::/48"]
| nat6 = "prefix"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| weight = 3
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| gateway6 = "2001:db8:f3::1"
| prefix6 = ["2001:db8:103::/48"]
| nat6 = "prefix"
| [policy.default]
| members = ["a", "b"]
| balance = "round-robin"
| empty = "last-resort"
| [policy.voip]
| members = ["a", "b", "c"]
| degraded = "use"
| [policy.web]
| balance = "least-states"
| failback = "stay"
| [inbound]
| enabled = true
after 0ms carrier em1 down
after 0ms dark b yes
after 0ms fault pfctl -ss 3 hang
after 1000ms dark b no
after 0ms rest
