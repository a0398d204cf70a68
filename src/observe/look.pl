# Runs on the machine and answers questions about programs there, without disturbing them: perl-base is enough. Each line
# of input is a question, each answer ends with a line "end", which is also said at the beginning:
#
#     look GAP WHAT PID...     what the programs whose first processes these are do; GAP in milliseconds, 0 for one look only;
#                              WHAT is "all", or "keyboard" without sockets, whose tables take the kernel milliseconds
#
# The answer is facts, one on a line, from proc(5). It decides nothing. Numbers of processes and descriptors first, free
# text last, without control characters:
#
#     arch NAME
#     task LOOK PID TID STATE PPID PGRP TTY TPGID CPU WCHAN SYSCALL   of all looks; SYSCALL as in proc_pid_syscall(5), or -
#     fd PID FD TARGET                                                what a descriptor is
#     denied PID                                                      its descriptors may not be seen
#     epoll PID FD TARGETFD EVENTS                                    what an epoll instance watches
#     set PID TID poll|select COUNT HEX                               what is watched by poll(2) and select(2)
#     net TABLE LOCAL REMOTE STATE QUEUES INODE                       their sockets, as proc_net_tcp(5) writes them
#     tty PID NAME FLAGS UNREAD                                       flags: e for ECHO, c for ICANON; bytes typed and not read
use strict;
use warnings;
use Fcntl;
use POSIX ();

my $FIONREAD = 0x541B;
my $MOST_SET = 4096;
my $arch = (POSIX::uname())[4];
my %watching = $arch eq 'aarch64' ? (73 => 'poll', 72 => 'select') : (7 => 'poll', 271 => 'poll', 23 => 'select', 270 => 'select');

sub slurp {
    open my $file, '<', $_[0] or return;
    defined sysread $file, my $text, 1 << 18 or return;
    return $text;
}

sub numbers {
    opendir my $folder, $_[0] or return;
    return grep { /^\d+$/ } readdir $folder;
}

sub printable {
    my ($text) = @_;
    $text =~ tr/\0-\x20\x7f/?/;
    return $text;
}

# The programs' processes: all below the first ones, and all that have one of their terminals. Terminals by process.
sub family {
    my (%parent, %tty, %on, %take);
    for my $pid (numbers('/proc')) {
        my $stat = slurp("/proc/$pid/stat") // next;
        $stat =~ s/^.*\) //s;
        ($parent{$pid}, $tty{$pid}) = (split ' ', $stat)[1, 4];
    }
    for (@_) {
        next unless defined $parent{$_};
        $take{$_} = 1;
        $on{$tty{$_}} = 1 if $tty{$_};
    }
    for (my $more = 1; $more;) {
        $more = 0;
        for (keys %parent) {
            next if $take{$_} || !($take{$parent{$_}} || $on{$tty{$_}});
            $take{$_} = $more = 1;
        }
    }
    return map { $_ => $tty{$_} } keys %take;
}

# Prints the tasks; returns where the watched sets of those that poll lie.
sub tasks {
    my ($look, @pids) = @_;
    my @sets;
    for my $pid (@pids) {
        for my $tid (numbers("/proc/$pid/task")) {
            my $task = "/proc/$pid/task/$tid";
            my $syscall = slurp("$task/syscall") // '-';
            my $stat = slurp("$task/stat") // next;
            $stat =~ s/^.*\) //s;
            my @field = split ' ', $stat;
            $syscall =~ s/\s+\z//;
            print join(' ', 'task', $look, $pid, $tid, @field[0, 1, 2, 4, 5], $field[11] + $field[12], printable(slurp("$task/wchan") || '-'), $syscall || '-'), "\n";
            next unless $syscall =~ /^(\d+) 0x(\w+) 0x(\w+)/ && $watching{$1};
            my ($first, $second) = (hex $2, hex $3);
            push @sets, $watching{$1} eq 'poll' ? [$pid, $tid, 'poll', $second, $first, 8 * $second] : [$pid, $tid, 'select', $first, $second, int((63 + $first) / 64) * 8];
        }
    }
    return @sets;
}

# The arrays of poll(2) and the bits of select(2) stay in the program's memory until the call returns.
sub sets {
    for (@_) {
        my ($pid, $tid, $kind, $count, $address, $size) = @$_;
        next if !$address || !$count || $size > $MOST_SET;
        open my $memory, '<', "/proc/$pid/mem" or next;
        sysseek $memory, $address, 0 or next;
        my $bytes = '';
        next unless sysread $memory, $bytes, $size;
        print join(' ', 'set', $pid, $tid, $kind, $count, unpack('H*', $bytes)), "\n";
    }
}

# Prints descriptors, what is watched through them, and terminals; returns the sockets, by number.
sub descriptors {
    my ($tty) = @_;
    my (%socket, %terminal);
    for my $pid (sort { $a <=> $b } keys %$tty) {
        $terminal{"$pid $_"} = 1 for pts($tty->{$pid});
        opendir my $folder, "/proc/$pid/fd" or do { print "denied $pid\n"; next };
        for my $fd (grep { /^\d+$/ } readdir $folder) {
            my $target = readlink "/proc/$pid/fd/$fd" // next;
            print "fd $pid $fd ", printable($target), "\n";
            $socket{$1} = 1 if $target =~ /^socket:\[(\d+)\]/;
            $terminal{"$pid $target"} = 1 if $target =~ m{^/dev/pts/\d+$};
            next unless $target =~ /eventpoll/;
            for (split /\n/, slurp("/proc/$pid/fdinfo/$fd") // '') { print "epoll $pid $fd $1 $2\n" if /^tfd:\s*(\d+)\s+events:\s*(\w+)/ }
        }
    }
    terminal(split ' ', $_, 2) for sort keys %terminal;
    return \%socket;
}

# The name of a controlling terminal, from its device number (proc_pid_stat(5), tty_nr; majors 136 to 143 are pts).
sub pts {
    my ($device) = @_;
    my ($major, $minor) = ($device >> 8 & 0xfff, $device & 0xff | $device >> 12 & 0xfff00);
    return $major >= 136 && $major <= 143 ? '/dev/pts/' . (($major - 136) * 256 + $minor) : ();
}

sub terminal {
    my ($pid, $name) = @_;
    sysopen my $file, "/proc/$pid/root$name", O_RDONLY | O_NONBLOCK | O_NOCTTY or return;
    my $termios = POSIX::Termios->new;
    $termios->getattr(fileno $file) or return;
    my $flags = $termios->getlflag;
    my $unread = pack 'i', 0;
    ioctl $file, $FIONREAD, $unread or return;
    print join(' ', 'tty', $pid, $name, ($flags & POSIX::ECHO() ? 'e' : '-') . ($flags & POSIX::ICANON() ? 'c' : '-'), unpack('i', $unread)), "\n";
}

sub sockets {
    my ($wanted, @pids) = @_;
    my %seen;
    for my $pid (@pids) {
        my $namespace = readlink "/proc/$pid/ns/net" // '';
        next if $seen{$namespace}++;
        for my $table (qw(tcp tcp6 udp udp6)) {
            open my $file, '<', "/proc/$pid/net/$table" or next;
            while (<$file>) {
                my @field = split;
                print join(' ', 'net', $table, @field[1, 2, 3, 4, 9]), "\n" if @field > 9 && $wanted->{$field[9]};
            }
        }
    }
}

$| = 1;
print "end\n";
while (<STDIN>) {
    my ($question, $gap, $what, @roots) = split;
    last unless ($question // '') eq 'look';
    print "arch $arch\n";
    my %tty = family(@roots);
    my @pids = sort { $a <=> $b } keys %tty;
    my @sets = tasks(1, @pids);
    sets(@sets);
    my $wanted = descriptors(\%tty);
    sockets($wanted, @pids) if $what eq 'all';
    if ($gap) {
        select undef, undef, undef, $gap / 1000;
        tasks(2, @pids);
    }
    print "end\n";
}
