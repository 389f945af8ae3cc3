# no pf state is left on a dead path
# SIGHUP and SIGKILL at once: the next life has other settings than the one that made the connections.
seed 8431
lan 2001:db8:101:1::1/64
uplink a em1 100.64.1.2/24 100.64.1.1 2001:db8:f1::2/64 2001:db8:f1::1 20 2001:db8:101::/48
uplink b em2 100.64.2.2/24 100.64.2.1 - - 2
client 10.0.0.12 default lasting tcp 198.18.7.20 40000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 2001:db8:101::/48 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "3m"
| default_route = "multipath"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "exec:/usr/local/libexec/reach -v", "2620:fe::fe"]
| interval = "60s"
| fall = 3
| hold = "0s"
| confirm = false
| timeout = "auto"
| [probe.loss]
| degraded = 5
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| gateway6 = "2001:db8:f1::1"
| prefix6 = ["2001:db8:101::/48"]
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [policy.default]
| members = ["a"]
| failback = "move"
config second
| reconcile = "3m"
| default_route = "multipath"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "exec:/usr/local/libexec/reach -v", "2620:fe::fe"]
| interval = "60s"
| fall = 3
| hold = "0s"
| confirm = false
| timeout = "auto"
| [probe.loss]
| degraded = 5
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| gateway6 = "2001:db8:f1::1"
| prefix6 = ["2001:db8:101::/48"]
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [policy.default]
| members = ["a"]
| failback = "move"
config fifth
| reconcile = "3m"
| default_route = "multipath"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "exec:/usr/local/libexec/reach -v", "2620:fe::fe"]
| interval = "60s"
| fall = 3
| hold = "0s"
| confirm = false
| timeout = "auto"
| [probe.loss]
| degraded = 5
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [policy.default]
| failback = "move"
after 0ms reload fifth
after 23964634ms reload second
after 0ms kill
after 0ms carrier em2 down
after 0ms rest
