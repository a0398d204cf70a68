#!/bin/sh
# Makes the cable from r1 to r2 slow, for root: 1 MB/s, with a queue of 20000 bytes in front of it. What finds no room there is dropped.
set -e
CABLE=eth1
tc qdisc del dev $CABLE root 2>/dev/null || true # that of an earlier run: its counters begin at 0 again
tc qdisc add dev $CABLE root tbf rate 8mbit burst 4000 limit 20000
tc qdisc show dev $CABLE
