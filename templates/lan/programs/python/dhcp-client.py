"""A DHCP client (RFC 2131): asks for an address, and gives it to the interface. For root: port 68, and the interface."""
import random
import socket
import struct
import subprocess
import sys

INTERFACE = "eth0"
SECONDS = 2
HEAD = "!4B I 2H 4s4s4s4s 16s"
COOKIE = bytes(192) + b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5

xid = random.randrange(1 << 32)  # the server writes it into its answers
with open(f"/sys/class/net/{INTERFACE}/address") as file:
    hardware = file.read().strip()


def options_of(message):
    options, rest = {}, message[240:]
    while rest and rest[0] != 255:
        code, length = rest[0], rest[1]
        options[code] = rest[2 : 2 + length]
        rest = rest[2 + length :]
    return options


def ask(client, kind, more=b""):
    chaddr = bytes.fromhex(hardware.replace(":", ""))
    broadcast = 0x8000  # please answer to all: nothing that is for one address reaches us yet
    head = struct.pack(HEAD, 1, 1, 6, 0, xid, 0, broadcast, bytes(4), bytes(4), bytes(4), bytes(4), chaddr)
    client.sendto(head + COOKIE + bytes([53, 1, kind]) + more + b"\xff", ("255.255.255.255", 67))


def wait_for(client, kind):
    while True:
        try:
            message, _ = client.recvfrom(1500)
        except TimeoutError:
            sys.exit("no answer")
        options = options_of(message)
        if message[4:8] == struct.pack("!I", xid) and options.get(53) == bytes([kind]):
            return socket.inet_ntoa(message[16:20]), options


subprocess.run(["ip", "address", "flush", "dev", INTERFACE], check=True)  # what an earlier run has got
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, INTERFACE.encode())
    client.bind(("", 68))
    client.settimeout(SECONDS)

    print("DISCOVER: has anyone an address for", hardware + "?")
    ask(client, DISCOVER)
    address, options = wait_for(client, OFFER)
    server = options[54]
    print("OFFER:", address, "from", socket.inet_ntoa(server))

    print("REQUEST:", address)
    ask(client, REQUEST, bytes([50, 4]) + socket.inet_aton(address) + bytes([54, 4]) + server)
    address, options = wait_for(client, ACK)
    prefix = bin(int.from_bytes(options[1], "big")).count("1")
    router, names = socket.inet_ntoa(options[3]), socket.inet_ntoa(options[6])
    print(f"ACK: {address}/{prefix}, router {router}, DNS {names}, for {int.from_bytes(options[51], 'big')} s")

subprocess.run(["ip", "address", "replace", f"{address}/{prefix}", "dev", INTERFACE], check=True)
subprocess.run(["ip", "route", "replace", "default", "via", router], check=True)
