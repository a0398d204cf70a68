"""Sends files over TCP: type the name of one, or "exit". The server answers with the CRC-32 of what it got."""
import os
import socket
import sys
import zlib

HOST, PORT = sys.argv[1], 7999
BLOCK = 65536


def send_file(server, answers, name):
    with open(name, "rb") as file:
        size, crc = os.fstat(file.fileno()).st_size, 0
        server.sendall(f"{os.path.basename(name)} {size}\n".encode())
        while block := file.read(BLOCK):
            server.sendall(block)
            crc = zlib.crc32(block, crc)
    answer = answers.readline().decode().strip()
    print(f"{name}: {size} bytes, CRC {crc:08x},", "arrived whole" if answer == f"{crc:08x}" else f"but the server got {answer}")


try:
    server = socket.create_connection((HOST, PORT))
except OSError as error:
    sys.exit(f"Cannot connect to {HOST}:{PORT}: {error}")
with server, server.makefile("rb") as answers:
    while (name := input("file? ")) != "exit":
        try:
            send_file(server, answers, name)
        except FileNotFoundError:
            print(f"There is no file {name}")
