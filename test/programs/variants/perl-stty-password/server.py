import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", 7999)); s.listen(1); print("up")
c, a = s.accept(); f = c.makefile("rw"); name = f.readline().strip()
if f.readline().strip() == "yes": print(name, "is in"); f.write(f"welcome {name}\n"); f.flush()
