import socket
s = socket.create_connection(("vm1", 5000)); s.sendall(input("> ").encode()); s.close()
