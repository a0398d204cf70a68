# Looks at ports of a machine from outside, and ends who holds them: run on the lab's side, in the network of the machine
# and with its /proc, by what executor.pl calls "Outside". No tool of the machine is used, and what of it is told is told
# by the kernel. Each line of input is a question:
#
#     port PORT MODE tcp|udp UID MARK BIND   as inspect.sh answers it, with its modes; UID is who would bind, BIND is
#                                            try-bind.pl in hexadecimal
#     signal NAME (PID IDENTITY INODE)...    as signal.sh answers it
#
# The table of sockets is that of sock_diag(7), each row as `ss -tane` writes it.
use strict;
use warnings;
use Fcntl qw(O_RDONLY O_NONBLOCK S_ISREG);
use POSIX ();
use Socket qw(AF_INET AF_INET6 SOCK_DGRAM SOCK_RAW inet_ntop);

my ($NETLINK, $SOCK_DIAG, $REQUEST, $DUMP, $DONE, $ERROR) = (16, 4, 1, 0x300, 3, 2);
my ($V6ONLY, $SIOCGIFNAME, $PIDFD_OPEN, $PIDFD_SEND_SIGNAL) = (11, 0x8910, 434, 424);
my $MOST_READ = 1 << 18;
my $MOST_OTHERS = 20;
# Of include/net/tcp_states.h, from 1 on; UDP has the first and the seventh only.
my @STATES = qw(- ESTAB SYN-SENT SYN-RECV FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT UNCONN CLOSE-WAIT LAST-ACK LISTEN CLOSING SYN-RECV);
my %SIGNALS = (TERM => 15, KILL => 9);

sub slurp {
    sysopen my $file, $_[0], O_RDONLY | O_NONBLOCK or return;
    defined sysread $file, my $text, $_[1] // $MOST_READ or return;
    return $text;
}

# Whole, though the kernel gives it in pieces.
sub slurp_table {
    open my $file, '<', $_[0] or return;
    local $/;
    return scalar <$file>;
}

# The sockets of the machine with this local port, or all (0): of inet_diag_msg in include/uapi/linux/inet_diag.h.
sub rows {
    my ($port, $protocol) = @_;
    socket my $netlink, $NETLINK, SOCK_RAW, $SOCK_DIAG or return;
    my @rows;
    for my $family (AF_INET, AF_INET6) {
        my $states = $protocol eq 'udp' ? 1 << 1 | 1 << 7 : 0xfff & ~(1 << 7);
        my $request = pack 'C4 L n n x32 L x8', $family, $protocol eq 'udp' ? 17 : 6, 0, 0, $states, $port, 0, 0;
        send $netlink, pack('L S S L L', 16 + length $request, 20, $REQUEST | $DUMP, 1, 0) . $request, 0 or return;
        DUMP: while (1) {
            defined recv $netlink, my $answers, 1 << 16, 0 or return;
            while (length $answers >= 16) {
                my ($length, $type) = unpack 'L S', $answers;
                return if $type == $ERROR || $length < 16;
                last DUMP if $type == $DONE;
                my $row = row($family, substr $answers, 16, $length - 16);
                push @rows, $row if $port == 0 || $row->{port} == $port;
                $answers = substr $answers, ($length + 3) & ~3;
            }
        }
    }
    return \@rows;
}

sub row {
    my ($family, $message) = @_;
    my (undef, $state, $timer, undef, $port, $peer_port, $local, $peer, $interface, $expires, $received, $queued, $uid, $inode) = unpack 'C4 n2 a16 a16 L x8 L5', $message;
    my ($attributes, $v6only) = (substr($message, 72), '');
    while (length $attributes >= 5) {
        my ($length, $type) = unpack 'S S', $attributes;
        last if $length < 4;
        $v6only = ' v6only:' . ord substr $attributes, 4, 1 if $type == $V6ONLY;
        $attributes = length $attributes > $length ? substr $attributes, ($length + 3) & ~3 : '';
    }
    my $only = $interface ? '%' . name_of($interface) : '';
    my @ends = (address($family, $local, $only) . ":$port", address($family, $peer, '') . ':' . ($peer_port || '*'));
    my $rest = $timer == 3 ? sprintf ' timer:(timewait,%d.%03dms,0)', $expires / 1000, $expires % 1000 : '';
    my $name = $STATES[$state] // $state;
    return { port => $port, state => $name, inode => $inode, uid => $uid, text => "$name $received $queued @ends$rest uid:$uid ino:$inode$v6only" };
}

sub address {
    my ($family, $bytes, $only) = @_;
    return inet_ntop($family, substr $bytes, 0, 4) . $only if $family == AF_INET;
    return '[' . inet_ntop($family, $bytes) . "]$only";
}

# Of the interface that a socket is bound to (netdevice(7)).
sub name_of {
    my ($index) = @_;
    socket my $socket, AF_INET, SOCK_DGRAM, 0 or return $index;
    my $request = pack 'x16 i x20', $index;
    return ioctl($socket, $SIOCGIFNAME, $request) ? unpack 'Z16', $request : $index;
}

# Where the kernel tells no more about sockets than in /proc.
sub table_of_proc {
    my ($port, $protocol) = @_;
    my $wanted = $port == 0 ? qr/^ *\d+: / : do { my $hex = sprintf '%04X', $port; qr/^ *\d+: [0-9A-F]*:$hex / };
    my @rows;
    for my $line (map { split /\n/, slurp_table("/proc/1/net/$_") // '' } $protocol, "${protocol}6") {
        next unless $line =~ $wanted;
        my (undef, undef, undef, $state, undef, undef, undef, $uid, undef, $inode) = split ' ', $line;
        push @rows, { state => $state =~ /^0A$/ ? 'LISTEN' : $state eq '07' ? 'UNCONN' : $state, inode => $inode, uid => $uid, text => $line };
    }
    return \@rows;
}

# "holds PID INODE" for each process with one of the sockets open.
sub owners {
    my %wanted = map { $_ => 1 } @_;
    my @owners;
    for my $pid (processes()) {
        opendir my $folder, "/proc/$pid/fd" or next;
        my %held = map { (readlink "/proc/$pid/fd/$_" // '') =~ /^socket:\[(\d+)\]\z/ && $wanted{$1} ? ($1 => 1) : () } readdir $folder;
        push @owners, map { [ $pid, $_ ] } sort keys %held;
    }
    return @owners;
}

sub processes {
    opendir my $folder, '/proc' or return;
    return sort { $a <=> $b } grep { /^\d+\z/ } readdir $folder;
}

# Parent and start (fields 4 and 22 of proc_pid_stat(5)); what distinguishes a process from a later one with its number.
sub identify {
    my ($pid) = @_;
    my $stat = slurp("/proc/$pid/stat") // return;
    $stat =~ s/^.*\) //s;
    my @field = split ' ', $stat;
    my $command = slurp("/proc/$pid/cmdline") // '';
    return ($field[1], $field[19] . '.' . unpack('%32N*', $command . "\0\0\0") . '-' . length $command);
}

sub command_of {
    my ($pid) = @_;
    my $command = slurp("/proc/$pid/cmdline", 4096);
    $command = slurp("/proc/$pid/comm", 4096) unless defined $command && length $command;
    return unpack 'H*', $command // '';
}

sub describe {
    my ($pid) = @_;
    my ($parent, $identity) = identify($pid);
    return unless defined $identity;
    my ($uid) = (slurp("/proc/$pid/status") // '') =~ /^Uid:\s+\d+\s+(\d+)/m;
    print "process $pid $parent $uid $identity\n";
    print "command $_ ", command_of($_), "\n" for $pid, $parent;
    print "cgroup $pid ", unpack('H*', slurp("/proc/$pid/cgroup", 4096) // ''), "\n";
    return $uid;
}

# As the machine names its accounts, whatever it has put where that is written.
sub names {
    my %name;
    sysopen my $file, '/etc/passwd', O_RDONLY | O_NONBLOCK or return;
    sysread $file, my $text, $MOST_READ if S_ISREG((stat $file)[2] // 0);
    for (split /\n/, $text // '') { $name{$2} //= $1 if /^([^:\s]+):[^:]*:(\d+):/ }
    print "user $_ ", $name{$_} // '', "\n" for @_;
}

# What try-bind.pl prints: run as the account whose programs bind, or with all rights to look. It must not end this process.
sub try_to_bind {
    my ($program, $uid, @arguments) = @_;
    pipe my $reader, my $writer or return '';
    my $pid = fork // return '';
    if ($pid == 0) {
        if ($uid) { $( = $) = "$uid $uid"; $< = $> = $uid }
        open STDOUT, '>&', $writer;
        open STDIN, '<', '/dev/null';
        if (!$uid || $> == $uid) {
            @ARGV = @arguments;
            eval "package Outside::Bind; no strict; no warnings; $program";
            print STDERR $@ if $@;
        }
        exit 0;
    }
    close $writer;
    my $facts = do { local $/; <$reader> } // '';
    waitpid $pid, 0;
    return $facts;
}

sub port {
    my ($port, $mode, $protocol, $uid, $mark, $bind) = @_;
    my $source = 'kernel';
    my $rows = rows($port, $protocol) // do { $source = 'proc'; table_of_proc($port, $protocol) };
    print "$mark$source\n", map({ "$_->{text}\n" } @$rows), "${mark}facts\n";
    holders($rows, $port, $mode, $protocol, $uid, pack 'H*', $bind // '') unless $mode eq 'rows';
    print "${mark}end\n";
}

sub holders {
    my ($rows, $port, $mode, $protocol, $uid, $bind) = @_;
    my $found = @$rows ? 1 : 0;
    my $tried = '';
    $tried .= try_to_bind($bind, $uid, $port, $protocol, 'bind', 1) if $mode eq 'all';
    $tried .= try_to_bind($bind, 0, $port, $protocol, 'look', $found) if $mode eq 'bound' || $mode eq 'all' && $tried !~ /^bound /m && $tried =~ /^bind \w+ \w+ (?!ok)/m;
    print $tried;
    my %bound = $tried =~ /^bound (\d+) (\d+) /mg;
    return if !$found && !%bound;
    my @holding = grep { $_->{state} =~ /^(LISTEN|UNCONN)$/ } @$rows;
    @holding = @$rows > $MOST_OTHERS ? @$rows[ 0 .. $MOST_OTHERS - 1 ] : @$rows unless @holding;
    @holding = grep { $_->{inode} } @holding;
    my @owners = owners(keys %bound, map { $_->{inode} } @holding);
    print "holds @$_\n" for @owners;
    my %pids = map { $_->[0] => 1 } @owners;
    my %users = map { $_ => 1 } values %bound, map { $_->{uid} } @holding;
    for my $pid (sort { $a <=> $b } keys %pids) { my $user = describe($pid); $users{$user} = 1 if defined $user }
    names(sort { $a <=> $b } keys %users);
    print "clock ", POSIX::sysconf(POSIX::_SC_CLK_TCK()), " ", (slurp_table('/proc/stat') // '') =~ /^btime (\d+)/m, "\nme 0\n";
}

# Its number is held by the descriptor, so that no later process is meant.
sub end_process {
    my ($number, $pid, $identity, $inode) = @_;
    my $here = Outside::number_here($pid) // return 'gone';
    my $process = syscall $PIDFD_OPEN, $here + 0, 0;
    return 'gone' if $process < 0;
    my $word = do {
        my (undef, $now) = identify($pid);
        if    (!defined $now)     { 'gone' }
        elsif ($now ne $identity) { 'changed' }
        elsif ($inode ne '-' && !grep { $_->[0] == $pid } owners($inode)) { 'changed' }
        else { syscall($PIDFD_SEND_SIGNAL, $process, $number, 0, 0) < 0 ? $!{EPERM} ? 'denied' : 'gone' : 'signalled' }
    };
    POSIX::close($process);
    return $word;
}

sub signal {
    my ($name, @targets) = @_;
    my $number = $SIGNALS{$name} // return;
    my %asked;
    while (my ($pid, $identity, $inode) = splice @targets, 0, 3) {
        print end_process($number, $pid, $identity, $inode), " $pid\n" unless $asked{$pid}++;
    }
}

my %answer = (port => \&port, signal => \&signal);
while (my $question = <STDIN>) {
    my ($kind, @words) = split ' ', $question;
    ($answer{ $kind // '' } // last)->(@words);
}
