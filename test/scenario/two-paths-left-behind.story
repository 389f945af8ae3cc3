# memory, queues and children are bounded
# A reload took out a link of both families, pfctl was slow to end its connections, and there were more places left behind than paths.
seed 5211
lan 2001:db8:102:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 - - 20
uplink b em2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 fe80::1 45 2001:db8:102::/48
client 10.0.0.10 default fresh tcp 198.18.7.20 68000
client 2001:db8:102:1::10 default lasting udp 2001:db8:ffff::80 68000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:102::/48 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| [probe]
| targets = ["gateway"]
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| gateway6 = "fe80::1"
| prefix6 = ["2001:db8:102::/48"]
| [policy.default]
| balance = "random"
config second
| [probe]
| targets = ["gateway"]
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| [policy.default]
| balance = "random"
after 600000ms fault pfctl "-k " 6 late 2064
after 1ms reload second
after 30000ms rest
