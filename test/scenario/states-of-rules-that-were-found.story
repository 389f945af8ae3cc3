# connections go where they can
# The same where the rules were loaded by an earlier life and found as they should be.
seed 59
uplink a vio1 100.64.1.2/24 100.64.1.1 - - 2
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
uplink c vio3 100.64.3.2/24 100.64.3.1 - - 8
client 10.0.0.141 web lasting udp 198.18.0.80 1000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { vio1 em2 vio3 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet from 10.0.0.128/26 to ! <uplinkd_local> tag uplink_web
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| [probe]
| interval = "500ms"
| fall = 3
| hold = "20s"
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| tier = 3
| metered = true
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [link.c]
| interface = "vio3"
| gateway = "100.64.3.1"
| tier = 2
| [policy.default]
| degraded = "use"
| tos = 184
| [policy.voip]
| members = ["a", "c"]
| degraded = "never"
| failback = "stay"
| [policy.web]
| members = ["a", "c"]
| [inbound]
| enabled = true
after 0ms gateway-dead c yes
after 0ms dark a yes
after 94536ms kill
after 0ms start afresh
after 15823ms gateway-dead c no
after 0ms rest
