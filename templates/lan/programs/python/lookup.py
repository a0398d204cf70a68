"""lookup.py SERVER: asks a DNS server for the addresses of names. "quit" ends it."""
import random
import socket
import struct
import sys

SERVER = sys.argv[1]
SECONDS = 2
RECURSION = 0x0100  # flags: please ask others, if you have to


def query_for(name, number):
    parts = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!6H", number, RECURSION, 1, 0, 0, 0) + parts + b"\0" + struct.pack("!2H", 1, 1)


def look_up(client, name):
    number = random.randrange(1 << 16)
    client.sendto(query_for(name, number), (SERVER, 53))
    while True:
        try:
            message, _ = client.recvfrom(512)
        except TimeoutError:
            return f"{name}: no answer"
        theirs, flags, _, answers, _, _ = struct.unpack_from("!6H", message)
        if theirs == number:  # an answer to something else may come late
            break
    if flags & 15 == 3:
        return f"{name}: no such name"
    if answers == 0:
        return f"{name}: no address"
    return f"{name} has the address {socket.inet_ntoa(message[-4:])}"


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(SECONDS)
    while (name := input("name> ")) != "quit":
        print(look_up(client, name))
