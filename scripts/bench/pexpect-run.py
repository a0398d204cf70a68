#!/usr/bin/python3
"""The reference exchange, driven by pexpect over two `ssh -tt`."""
import sys
import pexpect

config = sys.argv[1]
server = pexpect.spawn("ssh", ["-F", config, "-tt", "vm1", "cd lab/tp1/server && exec node server.js --port 7999"], encoding="utf-8", timeout=20)
server.expect_exact("Listening ...")
client = pexpect.spawn("ssh", ["-F", config, "-tt", "vm2", "cd lab/tp1/client && exec node client.js vm1 7999"], encoding="utf-8", timeout=20)
client.expect_exact("client@vm2:7999$ ")
client.sendline("Hello vm1")
server.expect_exact("from client 'Hello vm1'")
server.expect_exact("server@vm1:7999$ ")
server.sendline("Hello ! ,What's up VM2")
client.expect_exact("from server Hello ! ,What's up VM2")
client.expect_exact("client@vm2:7999$ ")
client.sendline("exit")
client.expect_exact("from server Hello vm1")
client.expect(pexpect.EOF)
server.expect(pexpect.EOF)
client.close()
server.close()
assert (client.exitstatus, server.exitstatus) == (0, 0), (client.exitstatus, server.exitstatus)
