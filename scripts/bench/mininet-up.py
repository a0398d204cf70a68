#!/usr/bin/python3
"""Mininet with an sshd in each host, as its own examples/sshd.py has it: prints the seconds from start until all sshds listen."""
import os
import sys
import time

start = float(os.environ["BENCH_START"])
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo

count, sshd, config = int(sys.argv[1]), sys.argv[2], sys.argv[3]
net = Mininet(topo=SingleSwitchTopo(count), switch=LinuxBridge, controller=None, ipBase="10.99.0.0/16")
net.start()
try:
    for host in net.hosts:
        host.cmd(f"LD_LIBRARY_PATH={os.environ['SSHD_LIBRARY_PATH']} {sshd} -D -f {config} &")
    waiting = set(net.hosts)
    while waiting:
        waiting = {host for host in waiting if ":0016 " not in open(f"/proc/{host.pid}/net/tcp").read()}
        time.sleep(0.002)
    print("elapsed", time.time() - start)
finally:
    for host in net.hosts:
        host.cmd("kill %1")
    net.stop()
