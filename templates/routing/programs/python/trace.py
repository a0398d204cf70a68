"""trace.py HOST: which routers lie on the way to HOST? A small traceroute, for root: it reads ICMP from a raw socket."""
import socket
import struct
import sys

PORT = 33434  # a port that nothing listens on: the host itself answers "port unreachable"
MOST_HOPS = 8
SECONDS = 3

TIME_EXCEEDED = 11  # ICMP types of RFC 792
UNREACHABLE = 3


def answer_to(icmp, port):
    """Waits for an ICMP error about our datagram. Gives its sender and its type, or nothing when the time is up."""
    while True:
        try:
            packet, (sender, _) = icmp.recvfrom(1500)
        except TimeoutError:
            return None, None
        header = (packet[0] & 15) * 4  # length of the IP header, in bytes
        kind = packet[header]
        cited = packet[header + 8 :]  # an ICMP error cites the packet that it is about: its IP header and 8 bytes more
        if kind not in (TIME_EXCEEDED, UNREACHABLE) or len(cited) < 28:
            continue
        start = (cited[0] & 15) * 4
        (destination_port,) = struct.unpack("!H", cited[start + 2 : start + 4])
        if destination_port == port:
            return sender, kind


host = socket.gethostbyname(sys.argv[1])
print(f"way to {sys.argv[1]} ({host}):")
with (
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as icmp,
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
):
    icmp.settimeout(SECONDS)
    for hops in range(1, MOST_HOPS + 1):
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)  # the router at which it reaches 0 sends an error back
        udp.sendto(b"where am I?", (host, PORT + hops))
        sender, kind = answer_to(icmp, PORT + hops)
        if sender is None:
            print(f"{hops}  no answer")
        elif kind == TIME_EXCEEDED:
            print(f"{hops}  {sender}")
        elif sender == host:
            print(f"{hops}  {sender}  reached")
            sys.exit(0)
        else:
            print(f"{hops}  {sender}  says: unreachable")
            sys.exit(1)
print(f"not reached within {MOST_HOPS} hops")
sys.exit(1)
