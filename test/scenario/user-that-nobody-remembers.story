# no pf state is left on a dead path
# A reload took a policy off a link, and the next life had no memory: nothing tells that connections of the policy are there when the link dies.
seed 8484
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink c em3 100.64.3.2/24 100.64.3.1 - - 2
client 10.0.0.12 default lasting tcp 198.18.7.20 160000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "10m"
| [probe]
| targets = ["gateway", "9.9.9.9"]
| interval = "30s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| tier = 2
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
config second
| reconcile = "10m"
| [probe]
| targets = ["gateway", "9.9.9.9"]
| interval = "30s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| [policy.default]
| members = ["a"]
after 600000ms reload second
after 0ms ifconfig em3 down
after 0ms kill
after 0ms start afresh
after 0ms rest
