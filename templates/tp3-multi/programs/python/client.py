"""TP3: a client. It sends what you type, and shows the answer; "exit" closes the connection."""
import socket
import sys

HOST, PORT = sys.argv[1], 7999

try:
    connection = socket.create_connection((HOST, PORT))
except OSError as error:
    sys.exit(f"Cannot connect to {HOST}:{PORT}: {error}")
with connection, connection.makefile("rb") as answers:
    while (message := input(f"{socket.gethostname()}$ ")) != "exit":
        connection.sendall(message.encode() + b"\n")
        answer = answers.readline()
        if answer == b"":
            sys.exit("The server has gone")
        print(answer.decode().rstrip("\n"))
