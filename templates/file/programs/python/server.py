"""Takes files over TCP. A client sends a line "NAME SIZE", then so many bytes; the answer is a line with their CRC-32."""
import os
import signal
import socket
import sys
import zlib

PORT = 7999
FOLDER = "received"
BLOCK = 65536


def receive_file(stream):
    """Stores one file, and gives what is to be answered; None when the client has closed."""
    head = stream.readline()
    if head == b"":
        return None
    name, size = head.decode().split()
    left, crc = int(size), 0
    with open(os.path.join(FOLDER, os.path.basename(name)), "wb") as file:  # basename: never outside of the folder
        while left > 0:
            block = stream.read(min(left, BLOCK))
            if block == b"":
                print(f"{name}: the client has gone, {left} bytes are missing")
                return None
            file.write(block)
            crc = zlib.crc32(block, crc)
            left -= len(block)
    print(f"{name}: {size} bytes, CRC {crc:08x}")
    return f"{crc:08x}"


signal.signal(signal.SIGINT, lambda *_: sys.exit(0))  # Ctrl-C ends the server
os.makedirs(FOLDER, exist_ok=True)
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", PORT))
    server.listen()
    print("File Server")
    while True:  # one client after the other
        connection, address = server.accept()
        print("Connected by :", address[0])
        with connection, connection.makefile("rb") as stream:
            while (answer := receive_file(stream)) is not None:
                connection.sendall(answer.encode() + b"\n")
