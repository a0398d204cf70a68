# Sends as much as goes through, or takes it: one runs on each of two machines, as their users. Words of the command line:
#
#     serve|connect send|receive tcp|udp ADDRESS PORT SECONDS RATE SIZE
#
# Who serves takes a free port (PORT 0), says "port NUMBER", and ends with the one connection that it gets, or after 20 s without. RATE (bits per second) and
# SIZE (bytes of a datagram) are for UDP, where the receiver sends small datagrams until data comes, so that the sender knows where it is. Lines of output:
#
#     got SECONDS BYTES                  of the receiver, about once a second: what came since it began
#     end SECONDS BYTES DATAGRAMS MISORDERED REPEATED JITTER   of the receiver; jitter of RFC 3550, 6.4.1, in microseconds
#     sent SECONDS BYTES DATAGRAMS RESENT TIME                 of the sender: segments that TCP sent again, and its round trip in microseconds
#     failed WORDS
use strict;
use warnings;
use Errno;
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use POSIX ();
use Socket qw(:DEFAULT IPPROTO_TCP inet_pton pack_sockaddr_in6 unpack_sockaddr_in6);

my ($PATIENCE, $CONNECTS, $QUIET, $GAP) = (20, 5, 3, 0.002);
my ($TCP_INFO, $LAST) = (11, 0xffffffff);
my ($place, $way, $protocol, $address, $port, $seconds, $rate, $size) = @ARGV;
my $family = $address =~ /:/ ? AF_INET6 : AF_INET;
my $clock = { x86_64 => 228, aarch64 => 113, riscv64 => 113 }->{ (POSIX::uname())[4] };
my ($socket, $peer);

# Seconds on a clock that only goes forward.
sub now {
    my $time = "\0" x 16;
    if ($clock && syscall($clock, 1, $time) == 0) { my ($whole, $nanoseconds) = unpack 'q q', $time; return $whole + $nanoseconds / 1e9 }
    require Time::HiRes;
    return Time::HiRes::time();
}

sub is_ready {
    my ($writes, $patience) = @_;
    my $set = '';
    vec($set, fileno $socket, 1) = 1;
    my $count = $writes ? select(undef, $set, undef, $patience) : select($set, undef, undef, $patience);
    return $count > 0;
}

sub socket_address { $family == AF_INET ? pack_sockaddr_in($_[0], inet_pton(AF_INET, $address)) : pack_sockaddr_in6($_[0], inet_pton(AF_INET6, $address)) }

sub open_socket {
    my $stream = $protocol eq 'tcp';
    socket $socket, $family, $stream ? SOCK_STREAM : SOCK_DGRAM, 0 or die "socket: $!\n";
    # What the kernel gives at most: a receiver that waits for its processor loses no datagram of a moment.
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, pack 'i', 1 << 22 unless $stream;
    if ($place eq 'serve') {
        bind $socket, socket_address(0) or die "bind: $!\n";
        listen $socket, 1 or die "listen: $!\n" if $stream;
        my @name = $family == AF_INET ? unpack_sockaddr_in(getsockname $socket) : unpack_sockaddr_in6(getsockname $socket);
        print "port $name[0]\n";
        is_ready(0, $PATIENCE) or die "no one came\n";
        return without_wait() unless $stream;
        accept my $connection, $socket or die "accept: $!\n";
        $socket = $connection;
    }
    else {
        # connect(2) by the clock of the kernel waits two minutes for who does not answer.
        without_wait();
        connect $socket, socket_address($port) or $!{EINPROGRESS} or die "connect: $!\n";
        is_ready(1, $CONNECTS) or die "connect: no answer\n";
        $! = unpack 'i', getsockopt $socket, SOL_SOCKET, SO_ERROR;
        die "connect: $!\n" if $!;
    }
    without_wait();
}

sub without_wait { fcntl $socket, F_SETFL, O_NONBLOCK | fcntl $socket, F_GETFL, 0 }

sub is_for_now { $!{EAGAIN} || $!{EINTR} || $!{ENOBUFS} }

# ---- TCP -------------------------------------------------------------------------------------------------------------------

sub send_stream {
    my ($block, $bytes, $start) = ("\0" x (1 << 17), 0, now());
    my $now = $start;
    while (($now = now()) < $start + $seconds) {
        next unless is_ready(1, 0.2);
        my $count = syswrite $socket, $block;
        die "send: $!\n" unless defined $count || is_for_now();
        $bytes += $count // 0;
    }
    # struct tcp_info of linux/tcp.h.
    my $info = getsockopt($socket, IPPROTO_TCP, $TCP_INFO) // '';
    my ($time, $resent) = length $info >= 104 ? unpack 'x68 L x28 L', $info : (0, 0);
    printf "sent %.6f %d 0 %d %d\n", $now - $start, $bytes, $resent, $time;
    shutdown $socket, 1;
    # What is on its way is received before it is measured.
    1 while is_ready(0, $PATIENCE) && (sysread $socket, my $nothing, 1 << 16);
}

sub receive_stream {
    my ($bytes, $start, $told) = (0);
    while (1) {
        is_ready(0, $PATIENCE) or die "nothing came any more\n";
        my $count = sysread $socket, my $block, 1 << 18;
        next if !defined $count && is_for_now();
        die "receive: $!\n" unless defined $count;
        my $now = now();
        $start //= $told = $now;
        $bytes += $count;
        if ($count == 0) { printf "end %.6f %d 0 0 0 0\n", $now - $start, $bytes; last }
        if ($now - $told >= 1) { printf "got %.6f %d\n", $now - $start, $bytes; $told = $now }
    }
}

# ---- UDP: number, time in microseconds, in each datagram ---------------------------------------------------------------------

sub send_datagrams {
    my $to = $place eq 'serve' ? first_word() : undef;
    my ($number, $bytes, $too_large, $start) = (0, 0, 0, now());
    my $now = $start;
    my $filling = "\0" x ($size - 12);
    while (($now = now()) < $start + $seconds) {
        my $due = ($now - $start) * $rate / 8;
        if ($bytes > $due) { select undef, undef, undef, $GAP; next }
        my $count = send_one(pack('N Q> a*', $number, int($now * 1e6), $filling), $to);
        if (defined $count) { $number++; $bytes += $count; $too_large = 0 }
        elsif (is_for_now()) { is_ready(1, 0.2) }
        # A router of the way takes less (RFC 8201): what was sent is lost, and the kernel has cut what follows into fragments.
        elsif ($!{EMSGSIZE} && $too_large++ < 3) { next }
        # ECONNREFUSED of an earlier datagram: the other one may not be there yet, or any more.
        elsif (!$!{ECONNREFUSED}) { die "send: $!\n" }
    }
    printf "sent %.6f %d %d 0 0\n", $now - $start, $bytes, $number;
    # The end may be lost as well.
    for (1 .. 10) { send_one(pack('N N', $LAST, $number), $to); select undef, undef, undef, 0.02 }
}

sub send_one { defined $_[1] ? send $socket, $_[0], 0, $_[1] : send $socket, $_[0], 0 }

# Where the receiver is.
sub first_word {
    while (1) {
        my $from = recv $socket, my $word, 64, 0;
        return $from if defined $from;
        is_ready(0, $PATIENCE) or die "no one came\n";
    }
}

sub receive_datagrams {
    my ($bytes, $count, $next, $misordered, $repeated, $jitter, %came) = (0) x 6;
    my ($start, $told, $last, $transit);
    my $until = now() + $PATIENCE;
    while (1) {
        send_one('lab iperf', undef) if $place eq 'connect' && !defined $start;
        my $datagram;
        if (!defined recv $socket, $datagram, 1 << 16, 0) {
            is_ready(0, 0.2);
            die "nothing came\n" if !defined $start && now() > $until;
            last if defined $start && now() > $last + $QUIET;
            next;
        }
        next if length $datagram < 8;
        my $number = unpack 'N', $datagram;
        last if $number == $LAST;
        my $now = now();
        $start //= $told = $now;
        $last = $now;
        if ($came{$number}++) { $repeated++; next }
        $bytes += length $datagram;
        $count++;
        if ($number < $next) { $misordered++ } else { $next = $number + 1 }
        my $way = $now * 1e6 - unpack 'x4 Q>', $datagram;
        $jitter += (abs($way - $transit) - $jitter) / 16 if defined $transit;
        $transit = $way;
        if ($now - $told >= 1) { printf "got %.6f %d\n", $now - $start, $bytes; $told = $now }
    }
    printf "end %.6f %d %d %d %d %d\n", ($last // 0) - ($start // 0), $bytes, $count, $misordered, $repeated, $jitter;
}

$| = 1;
$SIG{PIPE} = 'IGNORE';
my %work = ('send tcp' => \&send_stream, 'receive tcp' => \&receive_stream, 'send udp' => \&send_datagrams, 'receive udp' => \&receive_datagrams);
eval { open_socket(); $work{"$way $protocol"}->(); 1 } or print "failed $@";
