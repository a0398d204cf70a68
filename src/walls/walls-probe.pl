# Looks at the walls of a machine from within, and tries them. Nothing that it tries does harm where it succeeds: calls
# have arguments that the kernel refuses after it has asked for the right, or are made by a child that ends at once.
#
# Arguments: a word that marks what is made; the boot ID of the host. With a kernel of its own a machine has nothing to
# try but its network. Output: lines of fields that tabs separate. After "held" it waits for
# questions, which end with "go", answers them, says "answered", and waits for the end of its input; then what it made
# goes away, also when lab has gone.
use strict;
use warnings;
use Errno ();
use Fcntl qw(O_CREAT O_EXCL O_WRONLY F_SETFL O_NONBLOCK);
use POSIX ();
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 AF_INET6);

my ($mark, $boot_of_host) = @ARGV;
my $is_kernel_of_host = text_of('/proc/sys/kernel/random/boot_id') =~ /^\Q$boot_of_host\E\s*\z/;
my $name = "lab-walls-$mark";
my @made;
$| = 1;
$SIG{ALRM} = sub { exit 1 };
alarm 60;
$SIG{PIPE} = $SIG{HUP} = $SIG{TERM} = sub { exit 1 };
END { unlink @made }

# x86-64, and the generic table (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
my %number = (POSIX::uname())[4] eq 'x86_64'
  ? (mount => 165, unshare => 272, setns => 308, ptrace => 101, keyctl => 250, bpf => 321, init_module => 175, reboot => 169, swapon => 167, io_uring_setup => 425, scheduler => 144, mknodat => 259)
  : (mount => 40, unshare => 97, setns => 268, ptrace => 117, keyctl => 219, bpf => 280, init_module => 105, reboot => 142, swapon => 224, io_uring_setup => 425, scheduler => 119, mknodat => 33);

sub say_line { print join("\t", map { s/\s+\z//r =~ s/[\t\n]/ /gr } @_), "\n" }
sub text_of { my ($path) = @_; open my $file, '<', $path or return ''; local $/; return scalar(<$file>) // '' }
sub error_name { for (qw(EPERM EACCES ENOSYS EROFS ENOENT EINVAL EFAULT EBADF ENODEV ECONNREFUSED ENETUNREACH EHOSTUNREACH ETIMEDOUT ENOEXEC ESRCH)) { return $_ if $!{$_} } return $! + 0 || 'done' }

# What a call gives, made by a child of its own.
sub tried {
    my ($what, $code) = @_;
    pipe my $reader, my $writer or return;
    my $pid = fork // return;
    if ($pid == 0) {
        $! = 0;
        my $result = $code->();
        syswrite $writer, defined $result && $result >= 0 ? 'done' : error_name();
        POSIX::_exit(0);
    }
    close $writer;
    sysread $reader, my $answer, 100;
    waitpid $pid, 0;
    say_line('tried', $what, $answer // '?');
}

sub facts {
    my ($status, $limits, $processors) = map { text_of("/proc/$_") } qw(self/status self/limits cpuinfo);
    say_line('uid', $<);
    say_line('map', text_of('/proc/self/uid_map') =~ s/\s+/ /gr);
    say_line('boot', text_of('/proc/sys/kernel/random/boot_id'));
    say_line('namespace', $_, readlink "/proc/self/ns/$_") for grep { -l "/proc/self/ns/$_" } qw(mnt pid net ipc uts user cgroup time);
    say_line('status', $1, $2) while $status =~ /^(CapBnd|NoNewPrivs|Seccomp):\s*(\S+)/mg;
    say_line('limit', $1, $2) while $limits =~ /^(Max [a-z ]+?)\s{2,}(\S+)/mg;
    for (split /\n/, `df -Pk / /dev/shm /tmp 2>/dev/null`) { say_line('disk', $2, $1) if m{^\S+\s+(\d+)\s.*\s(/\S*)$} }
    say_line('memory', $1) if text_of('/proc/meminfo') =~ /^MemTotal:\s*(\d+)/m;
    say_line('processors', scalar(() = $processors =~ /^processor\s*:/mg));
    say_line('processes', scalar(() = glob '/proc/[0-9]*'));
    say_line('device', $_) for grep { -c "/dev/$_" || -b _ } map { m{/dev/(.*)} } glob '/dev/*';
    say_line('sudo', system('sudo -n true >/dev/null 2>&1') == 0 ? 'yes' : 'no') if $< != 0;
}

sub calls {
    my $empty = "\0";
    # Perl hands strings to the kernel to write to, so they are variables.
    my ($none, $root, $system, $missing) = ('none', '/', 'lab-no-such-file-system', '/lab-no-such-file');
    tried('mount', sub { syscall $number{mount}, $none, $root, $system, 0, 0 });
    tried('new namespaces', sub { syscall $number{unshare}, 0x20000 });
    tried('namespaces of init', sub { open my $space, '<', '/proc/1/ns/mnt' or return -1; syscall $number{setns}, fileno $space, 0 });
    # PTRACE_SEIZE, which stops nothing and ends with the child (ptrace(2)).
    tried('trace init', sub { syscall $number{ptrace}, 0x4206, 1, 0, 0 });
    tried('kernel keys', sub { syscall $number{keyctl}, 0, -3, 0 });
    tried('BPF', sub { syscall $number{bpf}, 0, 0, 0 });
    tried('kernel modules', sub { syscall $number{init_module}, 0, 0, $empty });
    # Without its magic numbers (reboot(2)).
    tried('restart', sub { syscall $number{reboot}, 0, 0, 0, 0 });
    tried('swap', sub { syscall $number{swapon}, $missing, 0 });
    tried('io_uring', sub { syscall $number{io_uring_setup}, 0, 0 });
    tried('real-time priority', sub { my $priority = pack 'l', 1; syscall $number{scheduler}, 0, 1, $priority });
    tried('higher priority', sub { POSIX::nice(-5) // -1 });
    tried('kernel settings', sub { open my $file, '>>', '/proc/sys/kernel/core_pattern' or return -1; 0 });
    tried('kernel memory', sub { open my $file, '<', '/proc/kcore' or return -1; 0 });
    my $device = "/tmp/$name-device";
    push @made, $device;
    # The null device (Documentation/admin-guide/devices.txt).
    tried('device files', sub { syscall $number{mknodat}, -100, $device, 0020600, 0x103 });
}

# Files that neighbours and the host look for.
sub marks {
    for my $folder (qw(/tmp /dev/shm), $is_kernel_of_host ? (qw(/usr /etc /opt /usr/local /var/lib/dpkg), glob '/opt/lab/runtime/*') : ()) {
        next unless -d $folder;
        my $path = "$folder/$name";
        my $made = sysopen my $file, $path, O_CREAT | O_EXCL | O_WRONLY, 0644;
        say_line('made', $folder, $made ? 'done' : error_name());
        push @made, $path if $made;
    }
}

sub has_mark {
    my ($other) = @_;
    for my $path (glob '/proc/[0-9]*/cmdline') { return 'process' if index(text_of($path), $other) >= 0 }
    for my $folder (qw(/tmp /dev/shm /usr /etc)) { return 'file' if -e "$folder/lab-walls-$other" }
    return 'none';
}

sub path_state {
    my ($path) = @_;
    return 'there' if lstat $path;
    return $!{EACCES} ? 'refused' : 'absent';
}

# Connects to all at once, and says the mark, so that whoever gets it knows.
sub connect_all {
    my (%socket_of, %answer);
    for my $place (@_) {
        my ($address, $port) = @$place;
        my $six = $address =~ /:/;
        my $packed = inet_pton($six ? AF_INET6 : AF_INET, $address) // next;
        socket my $socket, $six ? AF_INET6 : AF_INET, SOCK_STREAM, 0 or do { $answer{$address} = error_name(); next };
        fcntl $socket, F_SETFL, O_NONBLOCK;
        if (connect $socket, $six ? pack_sockaddr_in6($port, $packed) : pack_sockaddr_in($port, $packed)) { $answer{$address} = said($socket) }
        elsif ($!{EINPROGRESS}) { $socket_of{$address} = $socket }
        else                    { $answer{$address} = error_name() }
    }
    my $rounds = 0;
    while (%socket_of && $rounds++ < 50) {
        my $bits = '';
        vec($bits, fileno $_, 1) = 1 for values %socket_of;
        select(undef, $bits, undef, 1.5) > 0 or last;
        for my $address (grep { vec $bits, fileno $socket_of{$_}, 1 } keys %socket_of) {
            my $socket = delete $socket_of{$address};
            $! = unpack 'i', getsockopt $socket, SOL_SOCKET, SO_ERROR;
            $answer{$address} = $! + 0 ? error_name() : said($socket);
        }
    }
    $answer{$_} = 'silent' for keys %socket_of;
    say_line('connect', $_, $answer{$_}) for sort keys %answer;
}

sub said { my ($socket) = @_; syswrite $socket, "$mark\n"; return 'done' }

# An ICMP echo (RFC 792) from a socket that needs no right where net.ipv4.ping_group_range says so (icmp(7)).
sub echoed {
    my ($address) = @_;
    my ($socket, $is_raw);
    socket $socket, PF_INET, SOCK_DGRAM, 1 or $is_raw = 1;
    return error_name() if $is_raw && !socket $socket, PF_INET, SOCK_RAW, 1;
    my $body = pack 'C C n n n', 8, 0, 0, $$ & 0xffff, 1;
    my $sum = 0;
    $sum += $_ for unpack 'n*', $body;
    substr $body, 2, 2, pack 'n', ~(($sum & 0xffff) + ($sum >> 16)) & 0xffff;
    send $socket, $body, 0, pack_sockaddr_in(0, inet_pton(AF_INET, $address)) or return error_name();
    # A raw socket gets the answers to others as well, but not many.
    for (1 .. 8) {
        my $bits = '';
        vec($bits, fileno $socket, 1) = 1;
        select($bits, undef, undef, 1.5) > 0 or last;
        defined recv $socket, my $answer, 1500, 0 or return error_name();
        return 'done' if unpack('C', $is_raw ? substr $answer, 20 : $answer) == 0;
    }
    return 'silent';
}

facts();
calls() if $is_kernel_of_host;
marks();
print "held\n";
my @places;
while (defined(my $line = <STDIN>)) {
    chomp $line;
    my ($what, @fields) = split /\t/, $line;
    last if $what eq 'go';
    if ($what eq 'connect') { push @places, \@fields; next }
    my $answer = $what eq 'mark' ? has_mark($fields[1]) : $what eq 'path' ? path_state($fields[0]) : $what eq 'echo' ? echoed($fields[1]) : '?';
    say_line($what, $fields[0], $answer);
}
connect_all(@places);
print "answered\n";
1 while sysread STDIN, my $rest, 4096;
exit 0;
