"""TP3: one server for many clients, made in three ways. It answers each line in capitals."""
import os
import select
import signal
import socket
import threading

PORT = 7999


def serve(connection, name):
    """Answers one client until it closes."""
    print(name, "has come", flush=True)
    with connection, connection.makefile("rb") as lines:
        for line in lines:  # whole lines, in however many pieces they come
            connection.sendall(line.upper())
    print(name, "has gone", flush=True)


def with_threads(server):
    """A thread for each client."""
    while True:
        connection, address = server.accept()
        threading.Thread(target=serve, args=(connection, address[0]), daemon=True).start()


def with_fork(server):
    """A process for each client."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children that have ended do not stay as zombies
    while True:
        connection, address = server.accept()
        if os.fork() == 0:  # the child
            server.close()
            serve(connection, address[0])
            os._exit(0)
        connection.close()  # the parent's copy: the connection stays open as long as one process has it


def with_select(server):
    """One loop that waits for all clients at once."""
    names, begun = {}, {}  # of each connection
    while True:
        readable, _, _ = select.select([server, *names], [], [])
        for connection in readable:
            if connection is server:
                client, address = server.accept()
                names[client], begun[client] = address[0], b""
                print(address[0], "has come")
                continue
            data = connection.recv(1024)
            if data == b"":
                print(names.pop(connection), "has gone")
                connection.close()
                continue
            *lines, begun[connection] = (begun[connection] + data).split(b"\n")
            for line in lines:  # whole ones; the beginning of the next one waits for its end
                connection.sendall(line.upper() + b"\n")


WAYS = {"threads": with_threads, "fork": with_fork, "select": with_select}

print("TP3 Server")
way = input("threads, fork or select? ")
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", PORT))
    server.listen()
    try:
        WAYS[way](server)
    except KeyboardInterrupt:  # Ctrl-C
        print("Stopped")
