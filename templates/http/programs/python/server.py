"""A small web server (HTTP/1.1): it serves the files of the folder www, with GET and HEAD."""
import os
import signal
import socket
import sys
import threading

PORT = 8080
ROOT = os.path.realpath("www")
TYPES = {".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8"}
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 501: "Not Implemented"}


def read_request(stream):
    """Gives the first line and the headers of a request; None when the client has closed."""
    first = stream.readline().decode("latin-1")
    if first == "":
        return None
    headers = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return first.strip(), headers


def find(path):
    """The file that a path means, or None; never one outside of the folder."""
    file = os.path.realpath(os.path.join(ROOT, path.split("?")[0].lstrip("/")))
    if os.path.isdir(file):
        file = os.path.join(file, "index.html")
    return file if file.startswith(ROOT + os.sep) and os.path.isfile(file) else None


def answer(first):
    """The status, the type and the body that a request gets."""
    words = first.split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return 400, ".txt", b"Bad request\n"
    if words[0] not in ("GET", "HEAD"):
        return 501, ".txt", b"Only GET and HEAD\n"
    file = find(words[1])
    if file is None:
        return 404, ".txt", b"Not found\n"
    with open(file, "rb") as content:
        return 200, os.path.splitext(file)[1], content.read()


def serve(connection, name):
    with connection, connection.makefile("rb") as stream:
        while (request := read_request(stream)) is not None:
            first, headers = request
            status, ending, body = answer(first)
            print(f"{name} {first!r} {status}")
            keep = status != 400 and headers.get("connection", "keep-alive").lower() == "keep-alive"
            head = (
                f"HTTP/1.1 {status} {REASONS[status]}\r\n"
                f"Content-Type: {TYPES.get(ending, 'application/octet-stream')}\r\n"
                f"Content-Length: {len(body)}\r\n"
                f"Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
            )
            connection.sendall(head.encode() + (b"" if first.startswith("HEAD ") else body))
            if not keep:
                return


signal.signal(signal.SIGINT, lambda *_: sys.exit(0))  # Ctrl-C ends the server
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", PORT))
    server.listen()
    print(f"HTTP Server on port {PORT}")
    while True:
        connection, address = server.accept()
        threading.Thread(target=serve, args=(connection, address[0]), daemon=True).start()
