import socket
s = socket.create_connection(("vm1", 6000)); s.sendall((input("> ") + "\n").encode()); s.close()
