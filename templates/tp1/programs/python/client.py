"""TP1: a TCP client. It sends what you type, and shows the answer; "exit" ends the session."""
import socket
import sys

HOST, PORT = sys.argv[1], 7999


def receive_line(connection):
    """TCP carries bytes, not messages: recv() gives what is there, so read on to the end of the line."""
    data = b""
    while not data.endswith(b"\n"):
        part = connection.recv(1024)
        if part == b"":
            sys.exit("The server has gone")
        data += part
    return data.decode().rstrip("\n")


print("TP1 CLI")
try:
    connection = socket.create_connection((HOST, PORT))
except OSError as error:
    sys.exit(f"Cannot connect to {HOST}:{PORT}: {error}")
with connection:
    message = ""
    while message != "exit":
        message = input(f"client@{socket.gethostname()}:{PORT}$ ")
        connection.sendall(message.encode() + b"\n")
        print("from server", receive_line(connection))
