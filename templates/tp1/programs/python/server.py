"""TP1: a TCP server that talks with one client, line by line, in turns."""
import socket

PORT = 7999


def receive_line(connection):
    """TCP carries bytes, not messages: recv() gives what is there, so read on to the end of the line."""
    data = b""
    while not data.endswith(b"\n"):
        part = connection.recv(1024)
        if part == b"":
            return None  # the client has closed
        data += part
    return data.decode().rstrip("\n")


def send_line(connection, text):
    connection.sendall(text.encode() + b"\n")


def talk(connection):
    last = ""
    while True:
        message = receive_line(connection)
        if message is None:
            print("The client has gone")
            return
        if message == "exit":
            send_line(connection, last)
            connection.recv(1)  # the client closes first: TIME_WAIT stays on its side, and the port is free at once
            return
        print("from client", repr(message))
        last = message
        send_line(connection, input(f"server@{socket.gethostname()}:{PORT}$ "))


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", PORT))  # "": on all addresses of this machine
    server.listen()
    print("TP1 Server")
    print("Listening ...")
    connection, address = server.accept()
    with connection:
        print("Connected by :", address)
        talk(connection)
