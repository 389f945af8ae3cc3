# no pf state is killed on a path that works
# Somebody deleted the default route of a link's routing table while the daemon was stopped: what pings had said of it until then was read
# at once, and counted as losses of now.
seed 7600
lan 2001:db8:101:1::1/64
lan 2001:db8:102:1::1/64
lan 2001:db8:103:1::1/64
lan 2001:db8:104:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 2001:db8:f1::1 2 2001:db8:101::/48
uplink b em2 100.64.2.2/24 100.64.2.1 2001:db8:f2::2/64 2001:db8:f2::1 20 2001:db8:102::/48
uplink c em3 100.64.3.2/24 100.64.3.1 2001:db8:f3::2/64 fe80::1 8 2001:db8:103::/48
uplink d vio4 100.64.4.2/24 100.64.4.1 2001:db8:f4::2/64 2001:db8:f4::1 45 2001:db8:104::/48
dhcp a 7200
client 10.0.0.10 default fresh tcp 198.18.7.20 100000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 2001:db8:102::/48 2001:db8:103::/48 2001:db8:104::/48 }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 em2 em3 vio4 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "5m"
| [probe]
| targets = ["gateway", "9.9.9.9", "2620:fe::fe"]
| interval = "20s"
| hold = "1s"
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| gateway6 = "2001:db8:f1::1"
| prefix6 = ["2001:db8:101::/48"]
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| gateway6 = "2001:db8:f2::1"
| tier = 3
| prefix6 = ["2001:db8:102::/48"]
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| gateway6 = "fe80::1"
| metered = true
| prefix6 = ["2001:db8:103::/48"]
| [link.d]
| interface = "vio4"
| gateway = "100.64.4.1"
| gateway6 = "2001:db8:f4::1"
| weight = 65535
| prefix6 = ["2001:db8:104::/48"]
| [policy.default]
| degraded = "never"
| [inbound]
| enabled = true
after 23537337ms pause
after 0ms admin route -T 104 -n delete default
after 92175ms resume
after 1000ms start remembering
