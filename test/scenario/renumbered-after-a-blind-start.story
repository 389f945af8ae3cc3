# connections go where they can
# A start without memory finds a link whose interface is down and whose dhcpleased does not run, so nothing tells where it went; then the link is another one. Who is on it from before waits in vain.
seed 1944
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink b em2 100.64.2.2/24 100.64.2.1 - - 2
dhcp a 7200
dhcp b 7200
client 10.0.0.12 default lasting tcp 198.18.0.80 40000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "10m"
| [probe]
| targets = ["gateway", "9.9.9.9"]
| interval = "30s"
| fall = 2
| hold = "1s"
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| [link.b]
| interface = "em2"
| gateway = "dhcp"
| tier = 1
after 300000ms kill
after 10ms dhcpleased gone
after 10ms offer a 100.64.1.2/24 100.64.1.254
after 100ms ifconfig em1 down
after 700ms start afresh
after 4000ms dhcpleased runs
after 2500ms ask a
after 0ms ifconfig em1 up
after 2400ms rest
after 1000000ms rest
