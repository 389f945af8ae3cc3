# a clean exit leaves what it is to leave
# Somebody loads pf.conf, and with it the rules of the last boot file, while the daemon takes out what is its own.
seed 2636
uplink a em1 100.64.1.2/24 100.64.1.1 - - 20
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
uplink c em3 100.64.3.2/24 100.64.3.1 - - 8
dhcp b 120
client 10.0.0.10 default fresh tcp 198.18.0.80 160000
client 10.0.0.11 default lasting udp 198.18.7.20 20000
client 10.0.0.12 default lasting udp 198.18.7.20 20000
client 10.0.0.13 default lasting udp 198.18.7.20 20000
client 10.0.0.14 default lasting udp 198.18.7.20 20000
client 10.0.0.15 default lasting udp 198.18.7.20 20000
client 10.0.0.16 default lasting udp 198.18.7.20 20000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 em2 em3 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
| load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"
config first
| reconcile = "10m"
| on_exit = "flush"
| [probe]
| targets = ["gateway", "9.9.9.9"]
| interval = "30s"
| hold = "0s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| [link.b]
| interface = "em2"
| gateway = "dhcp"
| [link.c]
| interface = "em3"
| gateway = "100.64.3.1"
after 3600000ms terminate
after 3ms admin pfctl -f /etc/pf.conf
after 10000ms overflow begins
