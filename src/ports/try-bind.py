# What try-bind.pl does, where there is no Perl. It names no sockets that are bound only.
import errno, socket, sys
port, protocol, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3]
for family in ("ipv4", "ipv6", "dual") if mode == "bind" else ():
    for reuse in (0, 1):
        try:
            s = socket.socket(
                socket.AF_INET if family == "ipv4" else socket.AF_INET6,
                socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM,
            )
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
            if family != "ipv4":
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1 if family == "ipv6" else 0)
        except OSError:
            continue
        try:
            s.bind(("", port))
            answer = "ok"
        except OSError as error:
            known = error.errno in (errno.EADDRINUSE, errno.EACCES)
            answer = errno.errorcode[error.errno] if known else "errno%d" % error.errno
        print("bind", family, "reuse" if reuse else "plain", answer)
        s.close()
