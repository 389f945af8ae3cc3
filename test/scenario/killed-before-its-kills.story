# connections go where they can
# Renumbered while there was no daemon; the next life was killed once it had written where the link is now, and before its kills.
seed 8292
uplink a em1 100.64.1.2/24 100.64.1.1 - - 45
uplink b em2 100.64.2.2/24 100.64.2.1 - - 45
dhcp a 600
dhcp b 7200
client 10.0.0.12 default lasting tcp 198.18.7.20 100000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| block return
| pass in on em0 from em0:network to <uplinkd_local>
| pass out on em0
| pass on em0 inet6 proto ipv6-icmp
| pass on { em1 em2 } inet6 proto ipv6-icmp icmp6-type { neighbrsol neighbradv routersol routeradv }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| match in on em0 inet6 from any to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "5m"
| default_route = "multipath"
| [probe]
| interval = "2m"
| hold = "0s"
| damping = false
| [link.a]
| interface = "em1"
| gateway = "dhcp"
| tier = 2
| [link.b]
| interface = "em2"
| gateway = "dhcp"
| [policy.default]
| degraded = "never"
| empty = "drop"
| prio = [3, 6]
| [inbound]
| enabled = true
after 0ms offer b 100.64.2.2/24 100.64.2.254 asked-for
after 0ms expire a
after 4430080ms offer b 100.64.2.47/24 100.64.2.1 asked-for
after 0ms kill
after 3331ms start remembering
after 16ms kill
after 0ms rest
