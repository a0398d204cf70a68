# Asks the kernel of a machine what bind(2) of a server would answer, by binding a socket of its own that never listens,
# so it takes no connection from anyone and is closed within microseconds. Rules of the kernel that no table shows
# decide (SO_REUSEADDR of the socket that was there before, IPv6 that takes IPv4 too, ports of root), so the kernel is
# asked and nothing is concluded. In Perl, which every Debian and Ubuntu has.
#
# Arguments: port, `tcp` or `udp`, `bind` to try or `look` not to, 1 when the table has sockets with that port. Prints
# facts for facts.ts: `bind ipv4|ipv6|dual plain|reuse ok|EADDRINUSE|EACCES|errnoN`, and `bound INODE UID ADDRESS` for a
# TCP socket that is bound, does not listen, and is in no table.
use Socket qw(:DEFAULT IPPROTO_IPV6 IPV6_V6ONLY IN6ADDR_ANY pack_sockaddr_in6 unpack_sockaddr_in6 inet_ntop);
use Errno qw(EADDRINUSE EACCES);
my ($port, $protocol, $mode, $found) = @ARGV;
my $taken = 0;
sub result {
  my $errno = $! + 0;
  $taken = 1;
  return $errno == EADDRINUSE ? "EADDRINUSE" : $errno == EACCES ? "EACCES" : "errno$errno";
}
for my $family ($mode eq "bind" ? ("ipv4", "ipv6", "dual") : ()) {
  for my $reuse (0, 1) {
    my $old = $family eq "ipv4";
    socket(my $socket, $old ? AF_INET : AF_INET6, $protocol eq "udp" ? SOCK_DGRAM : SOCK_STREAM, 0) or next;
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, pack("i", $reuse));
    $old or setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, pack("i", $family eq "ipv6" ? 1 : 0)) or next;
    my $name = $old ? pack_sockaddr_in($port, INADDR_ANY) : pack_sockaddr_in6($port, IN6ADDR_ANY);
    my $answer = bind($socket, $name) ? "ok" : result();
    print "bind $family ", $reuse ? "reuse" : "plain", " $answer\n";
  }
}
exit if $protocol ne "tcp" || $mode eq "bind" && !$taken;
# Sockets that are bound only are reported by the kernel from Linux 6.8 on (sock_diag(7) with the state
# TCP_BOUND_INACTIVE, 13, of include/net/tcp_states.h). An older one is asked socket by socket, as far as we may trace
# its process: pidfd_getfd(2), Linux 5.6; the numbers of system calls are those of all architectures.
my %bound;
sub report {
  my ($inode, $uid, $address) = @_;
  print "bound $inode $uid $address\n" unless $bound{$inode}++;
}
if (socket(my $netlink, 16, SOCK_RAW, 4)) {
  setsockopt($netlink, SOL_SOCKET, SO_RCVTIMEO, pack("l!l!", 2, 0));
  for my $family (AF_INET, AF_INET6) {
    my $request = pack("CCCCLnnx32Lx8", $family, 6, 0, 0, 1 << 13, $port, 0, 0);
    send($netlink, pack("LSSLL", 72, 20, 0x301, 1, 0) . $request, 0) or last;
    DUMP: while (defined recv($netlink, my $answers, 65536, 0) && length $answers) {
      while (length($answers) >= 16) {
        my ($length, $type) = unpack("LS", $answers);
        last DUMP if $type != 20 || $length < 88;
        my ($sport, $address, $uid, $inode) = unpack("x4nx2a16x16x12x12LL", substr($answers, 16, 72));
        $address = substr($address, 0, $family == AF_INET ? 4 : 16);
        report($inode, $uid, inet_ntop($family, $address)) if $sport == $port && $inode;
        $answers = substr($answers, ($length + 3) & ~3);
      }
    }
  }
}
exit if %bound || $found;
my %seen;
sub numbers {
  opendir(my $folder, $_[0]) or return;
  return grep /^\d+$/, readdir($folder);
}
for my $link (map { my $pid = $_; map "$pid/fd/$_", numbers("/proc/$pid/fd") } numbers("/proc")) {
  (readlink("/proc/$link") || "") =~ /^socket:\[(\d+)\]$/ or next;
  my $inode = $1;
  next if $seen{$inode}++;
  my ($pid, $descriptor) = $link =~ m{^(\d+)/fd/(\d+)$};
  # Where this is run from outside, the machine's numbers are not those of the system call.
  my $number = defined &Outside::number_here ? Outside::number_here($pid) || next : $pid;
  my $process = syscall(434, $number + 0, 0);
  next if $process < 0;
  my $copy = syscall(438, $process, $descriptor + 0, 0);
  open(my $handle, "<&=", $process) and close $handle;
  next if $copy < 0 || !open(my $socket, "+<&=", $copy);
  my $name = getsockname($socket);
  next if !$name || getpeername($socket);
  # SO_PROTOCOL is 38, TCP is 6, SO_ACCEPTCONN is 30 (socket(7)).
  next if unpack("i", getsockopt($socket, SOL_SOCKET, 38) || "") != 6;
  next if unpack("i", getsockopt($socket, SOL_SOCKET, 30) || "");
  my $family = sockaddr_family($name);
  next if $family != AF_INET && $family != AF_INET6;
  my ($bound_port, $address) = $family == AF_INET ? unpack_sockaddr_in($name) : unpack_sockaddr_in6($name);
  report($inode, (stat "/proc/$pid")[4], inet_ntop($family, $address)) if $bound_port == $port;
}
