"""A chat room: whatever one member says, all others get. The first line of a member is its name."""
import selectors
import signal
import socket
import sys

PORT = 7999

names, begun = {}, {}  # of each connection: its name once it has one, and the beginning of a line
selector = selectors.DefaultSelector()


def tell(text, but=None):
    """Sends a line to all members, except one."""
    print(text)
    for connection in list(names):
        if connection is not but:
            try:
                connection.sendall(text.encode() + b"\n")
            except OSError:
                pass  # it has gone; the next read() notices


def leave(connection):
    selector.unregister(connection)
    connection.close()
    del begun[connection]
    if connection in names:
        tell(f"* {names.pop(connection)} has left")


def hear(connection, line):
    if connection not in names:
        names[connection] = line
        tell(f"* {line} has come", but=connection)
    else:
        tell(f"{names[connection]}: {line}", but=connection)


def read(connection):
    try:
        data = connection.recv(1024)
    except ConnectionResetError:  # it went without closing
        data = b""
    if data == b"":
        leave(connection)
        return
    *lines, begun[connection] = (begun[connection] + data).split(b"\n")
    for line in lines:
        hear(connection, line.decode())


def accept(server):
    connection, _ = server.accept()
    begun[connection] = b""
    selector.register(connection, selectors.EVENT_READ, read)


signal.signal(signal.SIGINT, lambda *_: sys.exit(0))  # Ctrl-C ends the server
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", PORT))
    server.listen()
    print("Chat Server")
    selector.register(server, selectors.EVENT_READ, accept)
    while True:
        for key, _ in selector.select():
            key.data(key.fileobj)  # read or accept
