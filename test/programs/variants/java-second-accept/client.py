import socket
s = socket.create_connection(("vm1", 6000))
while (m := input("> ")) != "end":
    s.sendall((m + "\n").encode()); print(s.recv(100).decode().strip())
