# no pf state is left on a dead path
# A pool changed to weights while the daemon was dead: what the pool had pinned to a link was not swept when that died, for nothing told of
# the pool any more.
seed 2107
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink b em2 100.64.2.2/24 100.64.2.1 - - 2
client 10.0.0.12 default lasting tcp 198.18.0.80 40000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet from 10.0.0.64/26 to ! <uplinkd_local> tag uplink_voip
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "5m"
| default_route = "multipath"
| [probe]
| interval = "30s"
| targets = ["gateway", "tcp:9.9.9.9:443"]
| [probe.loss]
| degraded = 20
| window = "1m"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| weight = 10
| tier = 2
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [policy.default]
| failback = "stay"
| prio = [3, 6]
| [policy.voip]
| members = ["a", "b"]
| failback = "move"
config third
| reconcile = "5m"
| default_route = "multipath"
| [probe]
| interval = "30s"
| targets = ["gateway", "tcp:9.9.9.9:443"]
| [probe.loss]
| degraded = 20
| window = "1m"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| weight = 10
| tier = 2
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [policy.default]
| failback = "stay"
| prio = [3, 6]
| balance = "least-states"
| [policy.voip]
| members = ["a", "b"]
| failback = "move"
after 0ms reload third
after 12355245ms kill
after 0ms reload first
after 0ms dark b yes
after 0ms rest
