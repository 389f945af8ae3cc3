# What an operator said before the first reading of the interfaces was not kept: the file was not written before something was known of
# every path, and a kill until then forgot the word.
seed 1
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
client 10.0.0.10 default fresh udp 198.18.0.80 1000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8 }
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
after 0ms kill
after 1000ms fault ifconfig "" 2 hang
after 0ms start remembering
after 100ms by-hand a drained
after 100ms kill
after 1000ms start remembering
after 1000ms rest
