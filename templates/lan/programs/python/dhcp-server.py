"""A DHCP server (RFC 2131) for one network: gives each hardware address an address of its own. For root: port 67."""
import socket
import struct

INTERFACE = b"eth0"
OWN = "10.0.0.2"
ROUTER = "10.0.0.1"
MASK = "255.255.255.0"
FIRST = 100  # the first address that it gives is 10.0.0.100
SECONDS = 600

# op, hardware type and length, hops, xid, seconds, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr; then names that no one uses, the cookie
HEAD = "!4B I 2H 4s4s4s4s 16s"
COOKIE = bytes(192) + b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5  # option 53

leases = {}  # address by hardware address


def address_for(hardware):
    if hardware not in leases:
        leases[hardware] = f"10.0.0.{FIRST + len(leases)}"
    return leases[hardware]


def options_of(message):
    options, rest = {}, message[240:]
    while rest and rest[0] != 255:  # 255: the end
        code, length = rest[0], rest[1]
        options[code] = rest[2 : 2 + length]
        rest = rest[2 + length :]
    return options


def option(code, value):
    return bytes([code, len(value)]) + value


def answer(request, kind, address):
    op, htype, hlen, _, xid, seconds, flags, *_, chaddr = struct.unpack_from(HEAD, request)
    here = socket.inet_aton(OWN)
    head = struct.pack(HEAD, 2, htype, hlen, 0, xid, seconds, flags, bytes(4), socket.inet_aton(address), here, bytes(4), chaddr)
    options = option(53, bytes([kind])) + option(54, here) + option(51, struct.pack("!I", SECONDS))
    options += option(1, socket.inet_aton(MASK)) + option(3, socket.inet_aton(ROUTER)) + option(6, here) + b"\xff"
    return head + COOKIE + options


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, INTERFACE)
    server.bind(("", 67))
    while True:
        request, _ = server.recvfrom(1500)
        kind = options_of(request).get(53, b"\0")[0]
        hardware = request[28:34].hex(":")
        if kind not in (DISCOVER, REQUEST):
            continue
        address = address_for(hardware)
        print("DISCOVER" if kind == DISCOVER else "REQUEST", "from", hardware, "->", address)
        # The client has no address yet: the answer goes to all, and it knows its own by xid and hardware address.
        reply = answer(request, OFFER if kind == DISCOVER else ACK, address)
        server.sendto(reply, ("255.255.255.255", 68))
