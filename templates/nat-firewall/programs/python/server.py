"""server.py NAME: a web server that answers every GET with its name and with the address that it sees the client have."""
import socket
import sys

NAME = sys.argv[1]
PORT = 8000


def serve(connection, address):
    request = connection.recv(4096).decode(errors="replace")
    print("request from", address)
    if not request.startswith("GET "):
        return
    text = f"{NAME} sees you as {address}\n"
    head = f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
    connection.sendall((head + text).encode())


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", PORT))
    server.listen()
    while True:
        connection, (address, _) = server.accept()
        with connection:
            serve(connection, address)
