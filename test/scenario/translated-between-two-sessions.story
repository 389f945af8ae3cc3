# no packet leaves with the address of another link
# A PPPoE session ended and came back while no daemon ran: what began in between was translated to 0.0.0.0, which the interface had then.
seed 9605
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink d pppoe4 100.64.4.2 100.64.4.1 - - 20
pppoe d em4
client 10.0.0.71 default lasting udp 198.18.7.20 55000
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
| interval = "20s"
| hold = "20s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| tier = 2
| [link.d]
| interface = "pppoe4"
| gateway = "peer"
| via = "rtable"
| [policy.default]
| members = ["a", "d"]
after 14900ms kill
after 38600ms carrier em4 down
after 56500ms carrier em4 up
after 7862ms rest
