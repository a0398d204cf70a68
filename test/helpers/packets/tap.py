"""A network card of this network namespace whose cable leads to a switch: tap.py SOCKET NAME MAC. Says "up" when it is there."""
import fcntl, os, select, socket, struct, subprocess, sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000

path, name, mac = sys.argv[1:]
card = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(card, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
cable = socket.socket(socket.AF_UNIX)
cable.connect(path)
subprocess.run(["ip", "link", "set", name, "address", mac], check=True)
print("up", flush=True)

waiting = b""
while True:
    for ready in select.select([card, cable], [], [])[0]:
        if ready == card:
            frame = os.read(card, 65536)
            cable.sendall(struct.pack("!I", len(frame)) + frame)
            continue
        data = cable.recv(65536)
        if not data:
            raise SystemExit
        waiting += data
        while len(waiting) >= 4 and len(waiting) >= (whole := 4 + struct.unpack("!I", waiting[:4])[0]):
            try:
                os.write(card, waiting[4:whole])
            except OSError:  # The card is not switched on.
                pass
            waiting = waiting[whole:]
