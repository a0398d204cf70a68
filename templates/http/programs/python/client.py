"""An HTTP client: type "GET /path" or "HEAD /path"; other lines are sent as they are. "exit" ends."""
import socket
import sys

HOST, PORT = sys.argv[1], 8080


def request(line):
    """The bytes of a request."""
    if len(line.split()) == 2:
        line += " HTTP/1.1"
    return f"{line}\r\nHost: {HOST}\r\n\r\n".encode()


def read_answer(stream, method):
    """Shows the status and the length of an answer; False when the server has closed, or will."""
    status = stream.readline().decode("latin-1").strip()
    if status == "":
        return False
    headers = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = b"" if method == "HEAD" else stream.read(int(headers.get("content-length", 0)))
    print(f"{status}, {len(body)} of {headers.get('content-length', '?')} bytes, {headers.get('content-type', 'no type')}")
    print(body.decode("utf-8", "replace"), end="")
    return headers.get("connection") != "close"


connection = None
while (line := input("http> ")) != "exit":
    if connection is None:
        try:
            connection = socket.create_connection((HOST, PORT))
        except OSError as error:
            sys.exit(f"Cannot connect to {HOST}:{PORT}: {error}")
        stream = connection.makefile("rb")
        print(f"Connected to {HOST}:{PORT}")
    connection.sendall(request(line))
    if not read_answer(stream, line.split(" ")[0]):
        print("The connection is closed")
        stream.close()
        connection.close()
        connection = None
