# no pf state is killed on a path that works
# The anchor was flushed under a pf.conf that blocks, and pfctl was too slow to load it for half a minute: pings that pf refused count as losses.
seed 7820
uplink c em3 100.64.3.2/24 100.64.3.1 - - 20
uplink d em4 100.64.4.2/24 100.64.4.1 - - 45
uplink e em5 100.64.5.2/24 100.64.5.1 - - 8
client 10.0.0.140 default fresh tcp 198.18.7.20 160000
client 10.0.0.141 default lasting udp 198.18.7.20 68000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "3m"
| [probe]
| targets = ["gateway", "tcp:9.9.9.9:443"]
| interval = "20s"
| fall = 2
| quorum = 2
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
| [link.d]
| interface = "em4"
| gateway = "100.64.4.1"
| weight = 2
| [link.e]
| interface = "em5"
| gateway = "100.64.5.1"
| tier = 2
after 10000ms fault pfctl "-f -" 6 slow 5625
after 91239ms admin pfctl -a uplinkd -F rules
after 28800ms rest
