# no packet leaves with the address of another link
# default_route = "best", and the only member of a policy is unplugged: what was pinned to its gateway followed the default route out by
# the other link, untranslated.
seed 541
uplink a vio1 100.64.1.2/24 100.64.1.1 - - 20
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
client 10.0.0.71 voip lasting udp 198.18.7.20 2500
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "10s"
| default_route = "best"
| on_exit = "flush"
| [probe]
| targets = ["gateway", "1.1.1.1", "dns:9.9.9.9/example.com"]
| hold = "20s"
| idle = "20s"
| [link.a]
| interface = "vio1"
| gateway = "100.64.1.1"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [policy.default]
| members = ["b"]
| empty = "last-resort"
| tos = 184
| [policy.voip]
| members = ["a"]
| balance = "least-states"
| failback = "stay"
after 10000ms detach vio1
after 28300ms by-hand b enabled
