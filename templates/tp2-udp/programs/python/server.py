"""TP2: a UDP echo server. It sends every datagram back, but leaves every fifth one unanswered, so that there are losses to see."""
import signal
import socket
import sys

PORT = 7999
LARGEST = 65535  # a datagram is read at once, or its rest is lost

signal.signal(signal.SIGINT, lambda *_: sys.exit(0))  # Ctrl-C ends the server

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("", PORT))  # "": on all addresses of this machine; no listen, no accept
    print("TP2 Server")
    count = 0
    while True:
        data, client = server.recvfrom(LARGEST)
        count += 1
        if count % 5 == 0:
            print(f"datagram {count}: {len(data)} bytes from {client[0]}, not answered")
            continue
        print(f"datagram {count}: {len(data)} bytes from {client[0]}")
        server.sendto(data, client)
