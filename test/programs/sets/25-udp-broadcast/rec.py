import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', 5005)); print("pret")
d, a = s.recvfrom(1024); print("recu", d.decode(), "de", a[0])
