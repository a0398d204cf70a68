import socket
s = socket.create_connection(("vm1", 8123)); s.send(input("> ").encode()); print(s.recv(100).decode()); s.close()
