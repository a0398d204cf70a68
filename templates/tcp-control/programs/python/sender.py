"""Sends bytes over TCP, and shows how that goes. Type "use ALGORITHM", "connect" or "connect BUFFER", "send N", "info", "exit"."""
import socket
import struct
import sys

HOST, PORT = sys.argv[1], 7999
PATIENCE_SECONDS = 0.5


def use(receiver, algorithm):
    """Chooses the congestion control of this connection: reno, cubic, bbr, whichever the system has."""
    try:
        receiver.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, algorithm.encode())
    except OSError as error:
        print(f"Cannot use {algorithm}: {error}")


def connect(receiver, buffer):
    """The buffer holds what was sent and is not acknowledged yet; without a size the system decides."""
    if buffer.isdigit():
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, int(buffer))
    try:
        receiver.connect((HOST, PORT))
    except OSError as error:
        sys.exit(f"Cannot connect to {HOST}:{PORT}: {error}")
    receiver.settimeout(PATIENCE_SECONDS)
    print(f"Connected to {HOST}")


def send_bytes(receiver, count, before):
    """Hands so many bytes to the system, which takes what its buffer has room for. Byte number n is n % 251; before: how many went already."""
    data, sent, told = bytes(n % 251 for n in range(before, before + count)), 0, False
    while sent < count:
        try:
            sent += receiver.send(data[sent:])
        except TimeoutError:
            if not told:
                print(f"send() waits, the system has taken {sent} of {count} bytes")
            told = True
    print(f"{count} bytes sent, {before + count} in all")


def show_info(receiver):
    """What the system knows of the connection: tcp_info of <linux/tcp.h>, 8 small fields, then numbers of 4 bytes each."""
    algorithm = receiver.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()
    numbers = struct.unpack("8x24I", receiver.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104))
    size, rtt, window, again = numbers[2], numbers[15], numbers[18], numbers[23]
    print(f"{algorithm}: segments of {size} bytes, congestion window {window} segments, round trip {rtt} us, {again} sent again")


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as receiver:
    connected, total = False, 0
    while (line := input("sender> ")) != "exit":
        word, _, what = line.partition(" ")
        if word == "use":
            use(receiver, what)
        elif word == "connect" and not connected:
            connect(receiver, what)
            connected = True
        elif word == "send" and what.isdigit() and connected:
            send_bytes(receiver, int(what), total)
            total += int(what)
        elif word == "info":
            show_info(receiver)
        else:
            print("Type use ALGORITHM, connect or connect BUFFER, then send N, info; or exit")
