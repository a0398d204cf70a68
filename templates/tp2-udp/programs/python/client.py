"""TP2: ping over UDP. Type how many datagrams to send, and of how many bytes ("10", "3 2000"), or "exit"."""
import socket
import sys
import time

HOST, PORT = sys.argv[1], 7999
PATIENCE_SECONDS = 1


def ping(server, number, size):
    """Sends one datagram. Gives the time until its answer in milliseconds, or None when none came in time."""
    data = f"ping {number} ".encode().ljust(size, b".")
    begin = time.monotonic()
    try:
        server.send(data)
        while True:
            server.settimeout(max(0.001, begin + PATIENCE_SECONDS - time.monotonic()))
            if server.recv(65535) == data:  # else it is the late answer to another ping
                break
    except TimeoutError:
        print(f"ping {number}: no answer")
        return None
    except ConnectionRefusedError:  # ICMP said so; only a connected socket of UDP is told
        print(f"ping {number}: nobody listens on {HOST}:{PORT}")
        return None
    duration = (time.monotonic() - begin) * 1000
    print(f"ping {number}: {size} bytes back after {duration:.1f} ms")
    return duration


def ping_all(server, count, size):
    answers = [ping(server, number, size) for number in range(1, count + 1)]
    times = [duration for duration in answers if duration is not None]
    lost = 100 * (count - len(times)) // count
    print(f"{count} sent, {len(times)} received, {lost} % lost")
    if times:
        print(f"min/avg/max = {min(times):.1f}/{sum(times) / len(times):.1f}/{max(times):.1f} ms")


print("TP2 CLI")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.connect((HOST, PORT))  # sends nothing: it only says where send() goes, and from where recv() takes
    while True:
        words = input(f"ping@{socket.gethostname()}:{PORT}$ ").split()
        if words == ["exit"]:
            break
        try:
            count, size = int(words[0]), int(words[1]) if len(words) > 1 else 64
        except (IndexError, ValueError):
            print("Type COUNT, COUNT SIZE, or exit")
            continue
        ping_all(server, count, size)
