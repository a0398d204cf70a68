"""Takes bytes over TCP, and reads them only when it is told to. Type "listen" or "listen BUFFER", "read N", "exit"."""
import socket
import time

PORT = 7999


def listen(buffer):
    """Waits for a sender. The buffer holds what came and was not read yet; without a size the system decides."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if buffer.isdigit():  # before the handshake, which announces the first window
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(buffer))
        listener.bind(("", PORT))
        listener.listen()
        sender, address = listener.accept()
    print("Connected by :", address[0])
    return sender


def read_bytes(sender, count, before):
    """Reads so many bytes, fewer only when the sender has closed. Byte number n is to be n % 251; before: how many came already."""
    begin, data = time.monotonic(), b""
    while len(data) < count:
        block = sender.recv(count - len(data))
        if block == b"":
            break
        data += block
    seconds = time.monotonic() - begin
    right = data == bytes(n % 251 for n in range(before, before + len(data)))
    print(f"{len(data)} bytes read, {before + len(data)} in all,", "in order," if right else "not as they were sent,", f"{seconds:.3f} s")
    return len(data)


print("Receiver")
sender, total = None, 0
while (line := input("receiver> ")) != "exit":
    word, _, number = line.partition(" ")
    if word == "listen" and sender is None:
        sender = listen(number)
    elif word == "read" and number.isdigit() and sender is not None:
        total += read_bytes(sender, int(number), total)
    else:
        print("Type listen or listen BUFFER, then read N; or exit")
if sender is not None:
    sender.close()
