"""A DNS server (RFC 1035) that knows the names of one domain, and their IPv4 addresses. For root: port 53."""
import socket
import struct

NAMES = {
    "server.tp.lan": "10.0.0.2",
    "printer.tp.lan": "10.0.0.20",
}
NO_ERROR, NO_SUCH_NAME = 0, 3  # RCODE: NXDOMAIN is 3
ANSWER = 0x8400  # flags: this is an answer, from who is in charge of the domain
A, IN = 1, 1  # an IPv4 address, of the Internet
SECONDS = 60  # so long others may remember it


def name_in(message):
    """The name of the question, and where it ends: each part of it has its length before it, and 0 is the end."""
    parts, at = [], 12
    while message[at] != 0:
        length = message[at]
        parts.append(message[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(parts).lower(), at + 5  # 0, type and class belong to the question, too


def answer(query):
    name, end = name_in(query)
    address = NAMES.get(name)
    number = query[:2]  # by which who asked knows the answer
    code = NO_ERROR if address else NO_SUCH_NAME
    head = number + struct.pack("!5H", ANSWER | code, 1, 1 if address else 0, 0, 0)
    record = b""
    if address:
        pointer = 0xC00C  # "the name that stands at byte 12": the one of the question
        record = struct.pack("!3HIH", pointer, A, IN, SECONDS, 4) + socket.inet_aton(address)
    print(name, "->", address or "no such name")
    return head + query[12:end] + record


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("", 53))
    while True:
        query, client = server.recvfrom(512)
        server.sendto(answer(query), client)
