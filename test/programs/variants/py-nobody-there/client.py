import socket, sys
s = socket.create_connection((sys.argv[1], 7999)); s.send(input("> ").encode())
