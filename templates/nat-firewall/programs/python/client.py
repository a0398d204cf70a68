"""client.py: asks for a host and a port, tries to get "/" from there, and says what came. "quit" ends it."""
import socket

SECONDS = 1


def get(host, port):
    try:
        with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while part := connection.recv(4096):
                answer += part
    except TimeoutError:
        return "no answer"  # something threw the packets away
    except ConnectionRefusedError:
        return "refused"  # something said no: a reset, or an ICMP error
    except OSError as error:
        return str(error)
    return answer.decode().split("\r\n\r\n")[-1].strip()


while (line := input("get> ")) != "quit":
    host, port = line.split()
    print(f"{host}:{port}:", get(host, port))
