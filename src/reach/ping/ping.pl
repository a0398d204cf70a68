# Asks addresses for an ICMP echo (RFC 792, RFC 4443), many at once: run in the network of a machine, from outside or by its user. Its sockets need no
# right where net.ipv4.ping_group_range has the group (icmp(7)). Its first line is "ready", or "cannot" and why. Then each line of input is a request:
#
#     ping COUNT WAIT ADDRESS...   COUNT echoes to each address, 100 ms apart, each of which has WAIT ms to come back
#     forget ADDRESS...            those neighbours that the machine did not know before this program are forgotten again
#
# For each address that was asked one line comes when it has its answers or has waited long enough:
#
#     ADDRESS SENT RECEIVED LEAST SUM MOST CAUSE   times in microseconds; CAUSE is "-", or the first of:
#     errno NAME                                   the kernel of the machine would not send it
#     icmp FAMILY TYPE CODE FROM                   an ICMP error came from that address
#     neighbour                                    no one answered for the address on its own network (ARP, RFC 826; neighbour discovery, RFC 4861)
#     silence                                      nothing came
use strict;
use warnings;
use Errno;
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use POSIX ();
use Socket qw(AF_INET AF_INET6 SOCK_DGRAM SOCK_RAW SOL_SOCKET SO_ERROR SO_RCVBUF inet_ntop inet_pton pack_sockaddr_in pack_sockaddr_in6 unpack_sockaddr_in unpack_sockaddr_in6);

my ($IP_RECVERR, $IPV6_RECVERR, $MSG_ERRQUEUE, $MSG_DONTWAIT) = (11, 25, 0x2000, 0x40);
my ($NETLINK, $RTM_DELNEIGH, $RTM_GETNEIGH, $REQUEST, $ACK, $DUMP, $DONE, $ERROR) = (16, 29, 30, 1, 4, 0x300, 3, 2);
my ($INCOMPLETE, $FAILED) = (0x01, 0x20);
my $APART = 0.1;
my $MOST_BUSY = 40;
my $EVERY_SEQUENCE = 0x10000;

# Numbers of system calls for which Perl has no word (syscalls(2)).
my %calls = (
    x86_64  => { recvmsg => 47,  clock_gettime => 228 },
    aarch64 => { recvmsg => 212, clock_gettime => 113 },
    riscv64 => { recvmsg => 212, clock_gettime => 113 },
);
my $call = $calls{ (POSIX::uname())[4] } // {};

my (%socket_of, %asked, @first, @due, @expiring, %before, $ends);
my ($sequence, $input, $said) = (0, '', '');

# Seconds on a clock that only goes forward.
sub now {
    my $time = "\0" x 16;
    return POSIX::times() / POSIX::sysconf(POSIX::_SC_CLK_TCK()) unless $call->{clock_gettime} && syscall($call->{clock_gettime}, 1, $time) == 0;
    my ($seconds, $nanoseconds) = unpack 'q q', $time;
    return $seconds + $nanoseconds / 1e9;
}

# ---- asking ----------------------------------------------------------------------------------------------------------------

sub open_sockets {
    my $why = '';
    for my $family (AF_INET, AF_INET6) {
        my ($protocol, $level, $wants_errors) = $family == AF_INET ? (1, 0, $IP_RECVERR) : (58, 41, $IPV6_RECVERR);
        socket my $socket, $family, SOCK_DGRAM, $protocol or do { $why = "$!"; next };
        setsockopt $socket, $level, $wants_errors, pack 'i', 1;
        setsockopt $socket, SOL_SOCKET, SO_RCVBUF, pack 'i', 1 << 20;
        fcntl $socket, F_SETFL, O_NONBLOCK | fcntl $socket, F_GETFL, 0;
        $socket_of{$family} = $socket;
    }
    return %socket_of ? undef : $why;
}

sub ask {
    my ($count, $wait, @addresses) = @_;
    for my $address (@addresses) {
        my $family = $address =~ /:/ ? AF_INET6 : AF_INET;
        my $packed = inet_pton($family, $address);
        my $to = !defined $packed ? undef : $family == AF_INET ? pack_sockaddr_in(0, $packed) : pack_sockaddr_in6(0, $packed);
        my $known_as = defined $packed ? inet_ntop($family, $packed) : '';
        my $target = { address => $address, known_as => $known_as, family => $family, to => $to, left => $count, wait => $wait / 1000, sent => 0, received => 0, sum => 0, open => 0, busy => 0 };
        push @first, $target;
    }
}

sub send_echo {
    my ($target) = @_;
    return if $target->{over};
    my $socket = $socket_of{ $target->{family} };
    return finish($target, 'errno EAFNOSUPPORT') unless $socket && defined $target->{to};
    $sequence = ($sequence + 1) % $EVERY_SEQUENCE while exists $asked{ $sequence };
    my $echo = pack 'C C n n n a48', $target->{family} == AF_INET ? 8 : 128, 0, 0, 0, $sequence, 'lab ping';
    # What is still to be said of an earlier packet would be taken for the answer to this one.
    take_errors($target->{family}) if unpack 'i', getsockopt($socket, SOL_SOCKET, SO_ERROR) // "\0" x 4;
    if (!defined send $socket, $echo, $MSG_DONTWAIT, $target->{to}) {
        # The table of neighbours, which all machines of a host share, or the buffer of the socket is full.
        if (($!{ENOBUFS} || $!{EAGAIN}) && $target->{busy}++ < $MOST_BUSY) { push @due, [ now() + $APART, $target ]; return }
        my ($name) = grep { $!{$_} } qw(ENETUNREACH EHOSTUNREACH EACCES EPERM EADDRNOTAVAIL EINVAL ENOBUFS EAGAIN ENETDOWN);
        return finish($target, 'errno ' . ($name // 'E' . ($! + 0)));
    }
    my $sent_at = now();
    $target->{sent}++;
    $target->{open}++;
    $asked{$sequence} = [ $target, $sent_at ];
    push @expiring, [ $sent_at + $target->{wait}, $sequence ];
    push @due, [ $sent_at + $APART, $target ] if --$target->{left} > 0;
    $sequence = ($sequence + 1) % $EVERY_SEQUENCE;
}

sub finish {
    my ($target, $cause) = @_;
    return if $target->{over}++;
    my @times = map { int($_ * 1e6 + 0.5) } $target->{least} // 0, $target->{sum}, $target->{most} // 0;
    $said .= join(' ', @$target{qw(address sent received)}, @times, $cause) . "\n";
}

sub finish_if_over {
    my ($target) = @_;
    return if $target->{open} > 0 || $target->{left} > 0;
    finish($target, $target->{received} > 0 ? '-' : is_without_neighbour($target->{known_as}) ? 'neighbour' : 'silence');
}

# ---- answers ---------------------------------------------------------------------------------------------------------------

sub take_answers {
    my ($family) = @_;
    my $socket = $socket_of{$family};
    take_errors($family);
    while (defined recv $socket, my $answer, 1500, $MSG_DONTWAIT) {
        next if length $answer < 8;
        my ($type, $number) = (unpack 'C C n n n', $answer)[ 0, 4 ];
        next unless $type == ($family == AF_INET ? 0 : 129) && (my $asked = $asked{$number});
        next unless $asked->[0]{family} == $family;
        my ($target, $sent_at) = @{ delete $asked{$number} };
        my $took = now() - $sent_at;
        $target->{least} = $took if !defined $target->{least} || $took < $target->{least};
        $target->{most} = $took if !defined $target->{most} || $took > $target->{most};
        $target->{sum} += $took;
        $target->{received}++;
        $target->{open}--;
        finish_if_over($target);
    }
}

# struct sock_extended_err of ip(7): whose error it is, and the packet of ours that it is about.
sub take_errors {
    my ($family) = @_;
    return unless $call->{recvmsg};
    while (1) {
        my ($packet, $control) = ("\0" x 256, "\0" x 512);
        my $vector = pack 'P Q', $packet, length $packet;
        my $message = pack 'Q L x4 P Q P Q i x4', 0, 0, $vector, 1, $control, length $control, 0;
        my $length = syscall $call->{recvmsg}, fileno $socket_of{$family}, $message, $MSG_ERRQUEUE | $MSG_DONTWAIT;
        return if $length < 0;
        next if $length < 8;
        my (undef, $level, $type, undef, $origin, $kind, $code) = unpack 'Q i i L C C C', $control;
        my $number = (unpack 'C C n n n', $packet)[4];
        my $asked = $asked{$number} or next;
        next unless $asked->[0]{family} == $family && ($origin == 2 || $origin == 3);
        # A router that shows a shorter way (redirect, RFC 792) has sent the packet on all the same.
        next if $family == AF_INET && $kind == 5;
        my $offender = substr $control, 32;
        my $from = $family == AF_INET ? inet_ntop(AF_INET, substr $offender, 4, 4) : inet_ntop(AF_INET6, substr $offender, 8, 16);
        my ($target) = @{ delete $asked{$number} };
        $target->{open}--;
        finish($target, 'icmp ' . ($family == AF_INET ? 4 : 6) . " $kind $code $from");
    }
}

# ---- neighbours (rtnetlink(7)) ---------------------------------------------------------------------------------------------

sub netlink {
    my ($type, $flags, $content) = @_;
    socket my $netlink, $NETLINK, SOCK_RAW, 0 or return;
    defined send $netlink, pack('L S S L L', 16 + length $content, $type, $REQUEST | $flags, 1, 0) . $content, 0 or return;
    my @answers;
    while (1) {
        defined recv $netlink, my $bytes, 1 << 16, 0 or return;
        while (length $bytes >= 16) {
            my ($length, $kind) = unpack 'L S', $bytes;
            return @answers if $kind == $DONE || $kind == $ERROR || $length < 16;
            push @answers, substr $bytes, 16, $length - 16;
            $bytes = length $bytes > (($length + 3) & ~3) ? substr $bytes, ($length + 3) & ~3 : '';
        }
    }
}

# By address: interface and state.
sub neighbours {
    my %known;
    for my $row (netlink($RTM_GETNEIGH, $DUMP, pack 'C x3 i S C C', 0, 0, 0, 0, 0)) {
        my ($family, $interface, $state) = unpack 'C x3 i S', $row;
        next unless $family == AF_INET || $family == AF_INET6;
        my $attributes = substr $row, 12;
        while (length $attributes >= 4) {
            my ($length, $type) = unpack 'S S', $attributes;
            last if $length < 4;
            $known{ inet_ntop($family, substr $attributes, 4, $length - 4) } = [ $family, $interface, $state ] if $type == 1;
            $attributes = length $attributes > (($length + 3) & ~3) ? substr $attributes, ($length + 3) & ~3 : '';
        }
    }
    return %known;
}

sub is_without_neighbour {
    my %known = neighbours();
    return ($known{ $_[0] } // [ 0, 0, 0 ])->[2] & ($INCOMPLETE | $FAILED);
}

sub forget {
    my %known = neighbours();
    for my $address (grep { $known{$_} && !$before{$_} } @_) {
        my ($family, $interface) = @{ $known{$address} };
        my $packed = inet_pton($family, $address);
        netlink($RTM_DELNEIGH, $ACK, pack('C x3 i S C C', $family, $interface, 0, 0, 0) . pack('S S a*', 4 + length $packed, 1, $packed));
    }
}

# ---- all of it -------------------------------------------------------------------------------------------------------------

sub obey {
    my ($word, @rest) = split / /, $_[0];
    if    ($word eq 'ping')   { ask(@rest) }
    elsif ($word eq 'forget') { forget(@rest) }
}

sub do_what_is_due {
    my $now = now();
    # Answers are taken in between, so that none finds the buffer full.
    for (1 .. 16) {
        my $target = @due && $due[0][0] <= $now ? (shift @due)->[1] : shift @first // last;
        send_echo($target);
    }
    while (@expiring && $expiring[0][0] <= $now) {
        my $number = (shift @expiring)->[1];
        my $asked = $asked{$number} or next;
        next if $asked->[1] + $asked->[0]{wait} > $now;
        delete $asked{$number};
        $asked->[0]{open}--;
        finish_if_over($asked->[0]);
    }
    shift @expiring while @expiring && !exists $asked{ $expiring[0][1] };
}

sub patience {
    return 0 if @first;
    my @at = sort { $a <=> $b } map { $_->[0] } @due ? $due[0] : (), @expiring ? $expiring[0] : ();
    my $left = @at ? $at[0] - now() : undef;
    return defined $left && $left < 0 ? 0 : $left;
}

sub serve {
    while (!$ends || @first || @due || %asked) {
        do_what_is_due();
        if (length $said) { print $said; $said = '' }
        my ($readable, $writable) = ('', '');
        vec($readable, fileno $_, 1) = 1 for values %socket_of, $ends ? () : \*STDIN;
        next if select($readable, undef, undef, patience()) < 0;
        take_answers($_) for grep { vec $readable, fileno $socket_of{$_}, 1 } keys %socket_of;
        next if $ends || !vec $readable, fileno STDIN, 1;
        # Whoever asked has gone: nothing is sent for no one.
        return unless sysread STDIN, $input, 1 << 16, length $input;
        obey($1) while $input =~ s/^(.*)\n//;
    }
}

$| = 1;
my $refused = open_sockets();
if (defined $refused) { print "cannot $refused\n" }
else { %before = neighbours(); print "ready\n"; serve() }
