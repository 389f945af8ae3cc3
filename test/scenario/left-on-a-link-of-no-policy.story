# no pf state is killed without somewhere to go
# What a policy has left on a link that is none of any policy now (the judge did not know where it could go).
seed 8707
uplink a pppoe1 100.64.1.2 100.64.1.1 - - 2
uplink b em2 100.64.2.2/24 100.64.2.1 - - 2
pppoe a vio1
client 10.0.0.12 default lasting tcp 198.18.0.80 100000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "5m"
| default_route = "multipath"
| on_exit = "flush"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8"]
| interval = "30s"
| rise = 1
| hold = "20s"
| quorum = 2
| [probe.latency]
| degraded = "250ms"
| [link.a]
| interface = "pppoe1"
| gateway = "peer"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| [policy.default]
| members = ["b"]
| failback = "stay"
config third
| reconcile = "5m"
| default_route = "multipath"
| on_exit = "flush"
| [probe]
| targets = ["9.9.9.9", "1.1.1.1", "8.8.8.8"]
| interval = "30s"
| rise = 1
| hold = "20s"
| quorum = 2
| [probe.latency]
| degraded = "250ms"
| [link.a]
| interface = "pppoe1"
| gateway = "peer"
| [policy.default]
| failback = "stay"
after 0ms reload third
after 59875ms reload first
after 15434ms carrier vio1 down
after 23528ms overflow begins
