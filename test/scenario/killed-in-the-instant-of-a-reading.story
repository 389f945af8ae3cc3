# the log tells every change
# The daemon was killed between what it read of an interface and what it would have said of it: the dead are not asked.
seed 4116
uplink a em1 100.64.1.2/24 100.64.1.1 - - 45
dhcp a 600
uplink d em4 100.64.4.2/24 100.64.4.1 - - 2
client 10.0.0.10 default fresh tcp 198.18.0.80 280000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass out on em0
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "5m"
| [probe]
| interval = "60s"
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
after 0ms fault route "show|add|change|delete" 2 not-started "Resource temporarily unavailable"
after 0ms carrier em1 down
after 0ms carrier em1 up
after 0ms renumber em4 100.64.4.46/24
after 0ms kill
after 1000ms expire a
