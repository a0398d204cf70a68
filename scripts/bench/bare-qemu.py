"""Boots a machine with nothing but a QEMU command line, and prints the seconds from the start of that process to the greeting of its SSH server.

Arguments: host port, then the command, in which that port leads to the machine's SSH.
"""
import socket
import subprocess
import sys
import time

port, command = int(sys.argv[1]), sys.argv[2:]


def greets():
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


started = time.monotonic()
machine = subprocess.Popen(command)
try:
    while not greets():
        if machine.poll() is not None or time.monotonic() - started > 600:
            sys.exit("the machine did not come up")
        time.sleep(0.1)
    print("elapsed", time.monotonic() - started)
finally:
    machine.kill()
    machine.wait()
