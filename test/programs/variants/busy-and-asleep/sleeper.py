import socket, time
s = socket.socket(); s.bind(("", 7002)); s.listen(); print("up"); time.sleep(60); print("result")
