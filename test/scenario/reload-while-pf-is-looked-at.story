# what is known to be applied is in pf
# The rules were flushed after they had been read, and SIGHUP, which was to make us look, came before the tables had been: the old reading was believed.
seed 7971
uplink a em1 100.64.1.2/24 100.64.1.1 - - 8
uplink b em2 100.64.2.2/24 100.64.2.1 - - 8
client 10.0.0.10 default fresh tcp 198.18.7.20 40000
pf.conf
| table <uplinkd_local> persist { self 10.0.0.0/8 fe80::/10 ff00::/8  }
| pass
| match in on em0 inet from 10.0.0.0/24 to ! <uplinkd_local> tag uplink_default
| anchor "uplinkd"
config first
| reconcile = "5m"
| [probe]
| targets = ["gateway", "9.9.9.9"]
| interval = "30s"
| [link.a]
| interface = "em1"
| gateway = "100.64.1.1"
| [link.b]
| interface = "em2"
| gateway = "100.64.2.1"
after 300000ms reload first
after 1ms pause
after 10ms admin pfctl -a uplinkd -F rules
after 25000ms resume
after 8ms reload first
after 330000ms wall 0
