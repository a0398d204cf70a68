#!/bin/sh
# The routes of r1, for root: to each network that it has no interface on, through which neighbour. Its own networks it knows.
set -e
sysctl -q -w net.ipv4.ip_forward=1 # a router passes on what is not for itself
ip route flush proto static        # what an earlier run of this script has set
ip route add 10.2.0.0/24 via 10.0.12.1 proto static
ip route add 10.3.0.0/24 via 10.0.12.1 proto static
ip route show
