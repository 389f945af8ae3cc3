# connections go where they can
# A pool had pinned a connection to a link that was then taken out of the file. The daemon was killed before it had ended that, and its next life did not know by which gateway to look for it.
seed 8413
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
client 10.0.0.72 default lasting tcp 198.18.7.20 40000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| pass
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "3m"
| [probe]
| targets = ["9.9.9.9"]
| interval = "60s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| tier = 1
| [policy.default]
| balance = "least-states"
config second
| reconcile = "3m"
| [probe]
| targets = ["9.9.9.9"]
| interval = "60s"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
| tier = 1
| [policy.default]
| balance = "least-states"
after 600000ms reload second
after 6ms kill
after 2700ms start remembering
after 20000ms rest
after 1500000ms rest
