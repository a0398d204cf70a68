import socket
s = socket.create_connection(("vm1", 7999)); s.send(input("> ").encode()); print(s.recv(100).decode()); s.close()
