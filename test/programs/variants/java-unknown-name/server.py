import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", 7999)); s.listen(1); print("pret")
c, a = s.accept(); print("client", a[0])
while d := c.recv(100): print("recu", d.decode()); c.send(b"ok " + d)
