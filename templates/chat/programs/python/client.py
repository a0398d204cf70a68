"""A member of the chat room: it waits for the keyboard and for the room at the same time. "/quit" leaves."""
import selectors
import socket
import sys

HOST, NAME, PORT = sys.argv[1], sys.argv[2], 7999

try:
    room = socket.create_connection((HOST, PORT))
except OSError as error:
    sys.exit(f"Cannot connect to {HOST}:{PORT}: {error}")
room.sendall(NAME.encode() + b"\n")
print(f"You are {NAME}")

selector = selectors.DefaultSelector()
selector.register(room, selectors.EVENT_READ)
selector.register(sys.stdin, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        if key.fileobj is room:
            data = room.recv(1024)
            if data == b"":
                sys.exit("The room is closed")
            print(data.decode(), end="", flush=True)
            continue
        line = sys.stdin.readline()
        if line in ("", "/quit\n"):  # "": Ctrl-D
            room.close()
            sys.exit(0)
        room.sendall(line.encode())
