# Keeps services of a lab on a machine: read by `perl -` from its standard input, for Perl 5 with nothing but its base modules.
#
# $ARGV[0] is what to do, $ARGV[1] names the lab and the machine (`tp1@vm1`: home folders may be shared), the rest is as said at each verb.
# A service has a folder ~/.lab/services/LAB@MACHINE/NAME with `state` (a line `key value` for each fact), `log` and `log.1`, and `lock`, which
# its supervisor holds as long as it lives: whoever gets the lock knows that there is none.
use strict;
use warnings;
use Errno qw(EAGAIN EINTR);
use Fcntl qw(:DEFAULT :flock);
use Config;
use POSIX ();

use constant { TIOCSCTTY => 0x540E, TIOCSWINSZ => 0x5414, TIOCGPTN => 0x80045430, TIOCSPTLCK => 0x40045431, PR_SET_CHILD_SUBREAPER => 36, SFD_NONBLOCK => 04000, SFD_CLOEXEC => 02000000 };
# prctl(2) and signalfd4(2) by the name of the architecture (uname -m).
my %NUMBERS = (
    x86_64 => [ 157, 289 ], i386  => [ 172, 327 ], i686    => [ 172, 327 ], armv7l  => [ 172, 355 ], s390x       => [ 172, 322 ],
    aarch64 => [ 167, 74 ], riscv64 => [ 167, 74 ], loongarch64 => [ 167, 74 ], ppc64le => [ 171, 313 ],
);
use constant { LOG_BYTES => 1 << 20, LONGEST_LINE => 8192, GRACE => 2, STEADY => 10, FIRST_DELAY => 0.1 };
# A line without an end is a prompt, or the beginning of more: so long it is waited for.
use constant UNFINISHED => 0.5;

$| = 1;
# Not every machine has it, and whole seconds will do.
my $has_hires = eval { require Time::HiRes; 1 };
sub now { return $has_hires ? Time::HiRes::time() : time }

(POSIX::uname())[0] eq 'Linux' or die "services need a machine with Linux\n";
my ($verb, $lab, @rest) = @ARGV;
my $home = $ENV{HOME} || (getpwuid $<)[7] || '/';
my $place = "$home/.lab/services/$lab";
my %verbs = (start => \&start, stop => \&stop, status => \&status, log => \&show_log, follow => \&follow, remove => \&remove);
$verbs{$verb}->(@rest);
exit 0;

# ---- what others are told ------------------------------------------------------------------------------------------------

# Names of services, or none: all. Answers a line `service NAME key value key value …` for each, fields apart by tabs.
sub status { tell_state($_) for @_ ? @_ : names() }

sub names {
    opendir my $folder, $place or return;
    return sort grep { !/^\./ && -d "$place/$_" } readdir $folder;
}

sub tell_state {
    my ($name) = @_;
    my %fact = read_state($name) or return;
    # A supervisor that was killed could not write down how it ended.
    $fact{phase} = 'lost' if $fact{phase} =~ /^(?:running|waiting)$/ && !is_kept($name);
    print join("\t", 'service', $name, map { ($_, $fact{$_}) } sort keys %fact), "\n";
}

sub read_state {
    my ($name) = @_;
    open my $file, '<', "$place/$name/state" or return;
    my %fact = map { chomp; split / /, $_, 2 } grep { /^\w+ ./ } <$file>;
    return $fact{phase} ? %fact : ();
}

sub write_state {
    my ($name, %fact) = @_;
    my $path = "$place/$name/state";
    open my $file, '>', "$path.new" or return;
    print $file map { defined $fact{$_} ? "$_ $fact{$_}\n" : () } sort keys %fact;
    close $file or return;
    rename "$path.new", $path;
}

sub lock_of {
    my ($name) = @_;
    sysopen my $file, "$place/$name/lock", O_RDWR | O_CREAT, 0600 or die "$place/$name/lock: $!\n";
    return flock($file, LOCK_EX | LOCK_NB) ? $file : undef;
}

sub is_kept { return -e "$place/$_[0]/lock" && !defined lock_of($_[0]) }

# ---- start ---------------------------------------------------------------------------------------------------------------

# Name, when to restart, most restarts, what tells this version of it from others, folder, number of variables, these, the command.
# Answers as `status` when the command runs, or could not be begun; `kept NAME` when it has a supervisor already.
sub start {
    my ($name, $restart, $most, $version, $folder, $count, @words) = @_;
    my @variables = splice @words, 0, $count;
    umask 0077;
    my $path = '';
    for my $part (split m{/}, "$place/$name") { $path .= "$part/"; mkdir $path }
    my $lock = lock_of($name);
    if (!$lock) { print "kept\t$name\n"; return tell_state($name) }
    end_remains($name);
    pipe my $news, my $telling or die "pipe: $!\n";
    defined(my $pid = fork) or die "fork: $!\n";
    if ($pid == 0) {
        close $news;
        POSIX::setsid();
        POSIX::_exit(0) if fork;
        $0 = "lab-service $name";
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        keep({ name => $name, restart => $restart, most => $most, version => $version, folder => $folder, variables => \@variables, command => \@words }, $telling);
        POSIX::_exit(0);
    }
    close $telling;
    close $lock;
    waitpid $pid, 0;
    my $nothing = <$news>;
    tell_state($name);
}

# What a supervisor that was killed could not end.
sub end_remains {
    my ($name) = @_;
    my %fact = read_state($name) or return;
    return unless $fact{pid} && $fact{ticks} && (ticks_of($fact{pid}) // '') eq $fact{ticks} && boot() eq ($fact{boot} // '');
    end_processes(sub { group_of($fact{pid}) });
}

my (%now, $master, $child, $unfinished, $unfinished_since, $log, $log_size, $signals, $stopping);

sub keep {
    my ($service, $telling) = @_;
    $signals = signals_to_read();
    $SIG{$_} = 'IGNORE' for qw(HUP INT PIPE);
    my ($prctl) = numbers();
    syscall $prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0 if $prctl;
    chdir '/';
    %now = (restarts => 0, version => $service->{version}, boot => boot(), supervisor => $$, restart => $service->{restart});
    open_log($service->{name});
    my ($in_a_row, $delay) = (0, FIRST_DELAY);
    until ($stopping) {
        my $began = now();
        begin($service);
        if ($telling) { close $telling; undef $telling }
        watch();
        end_processes(\&below);
        finish_line();
        close $master if $master;
        undef $master;
        note(defined $now{signal} ? "signal $now{signal}" : "exit $now{exit}") unless $stopping;
        ($in_a_row, $delay) = (0, FIRST_DELAY) if now() - $began >= STEADY;
        last if $stopping || $service->{restart} eq 'no' || $service->{restart} eq 'on-failure' && ($now{exit} // 1) eq '0';
        if ($in_a_row++ >= $service->{most}) { note("gave-up $service->{most}"); set($service, phase => 'failed', gave_up => 1, pid => undef, ticks => undef); return }
        set($service, phase => 'waiting', pid => undef, ticks => undef);
        wait_for($delay);
        $delay *= 2;
        $now{restarts}++ unless $stopping;
    }
    note('stopped') if $stopping;
    set($service, phase => $stopping ? 'stopped' : ($now{exit} // 1) eq '0' ? 'ended' : 'failed', pid => undef, ticks => undef);
}

# A handler of Perl runs between two of its steps: of a signal that comes just before select(2) begins to wait, nothing would be heard. Blocked ones are there
# to be read (signalfd(2)); where their number is not known, one that was not heard of is looked for each second.
sub signals_to_read {
    my (undef, $signalfd) = numbers();
    if (!$signalfd) { $SIG{CHLD} = sub { }; $SIG{TERM} = sub { $stopping = 1 }; return undef }
    my @heard = (POSIX::SIGCHLD(), POSIX::SIGTERM());
    POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new(@heard));
    my $bits = 0;
    $bits |= 1 << $_ - 1 for @heard;
    my $descriptor = syscall $signalfd, -1, pack('L! x![8]', $bits), 8, SFD_NONBLOCK | SFD_CLOEXEC;
    open my $here, '<&=', $descriptor or die "signalfd: $!\n";
    return $here;
}

# None of another architecture: a Perl of 32 bits may run on a kernel of 64.
sub numbers {
    my $machine = (POSIX::uname())[4];
    my $bits = $machine =~ /^(?:i[36]86|armv7l)$/ ? 32 : 64;
    return $bits == 8 * $Config{longsize} ? @{ $NUMBERS{$machine} // [] } : ();
}

# struct signalfd_siginfo: 128 bytes, the number of the signal first.
sub hear_signals {
    sysread $signals, my $heard, 128 * 16 or return;
    $stopping = 1 if grep { $_ == POSIX::SIGTERM() } unpack '(L x124)*', $heard;
}

# A child is to hear them as programs do.
sub as_programs_hear {
    $SIG{$_} = 'DEFAULT' for qw(CHLD TERM HUP INT PIPE);
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), POSIX::SigSet->new);
}

sub set {
    my ($service, %news) = @_;
    @now{ keys %news } = values %news;
    write_state($service->{name}, %now);
}

# A terminal of its own, so that the program shows at once what it prints, and group and session, so that it can be ended whole.
sub begin {
    my ($service) = @_;
    delete @now{qw(exit signal)};
    my $terminal;
    eval { ($master, $terminal) = terminal(); 1 } or return cannot_begin($service, $@);
    pipe my $told, my $telling;
    if (!defined($child = fork)) { return cannot_begin($service, "fork: $!\n") }
    if ($child == 0) {
        eval {
            as_programs_hear();
            POSIX::setsid();
            ioctl $terminal, TIOCSCTTY, 0;
            POSIX::dup2(fileno $terminal, $_) for 0 .. 2;
            $ENV{TERM} = 'dumb';
            for my $variable (@{ $service->{variables} }) { my ($key, $value) = split /=/, $variable, 2; $ENV{$key} = $value }
            chdir "$home/$service->{folder}" or die "cannot go to ~/$service->{folder}: $!\n";
            umask 0022;
            no warnings 'exec';
            exec { $service->{command}[0] } @{ $service->{command} } or die "$service->{command}[0]: $!\n";
        };
        syswrite $telling, $@;
        POSIX::_exit(127);
    }
    close $telling;
    close $terminal;
    my $reason = <$told>;
    note("start $child");
    add_output($reason) if defined $reason;
    set($service, phase => 'running', pid => $child, ticks => ticks_of($child), since => int(now() * 1000));
}

sub cannot_begin {
    my ($service, $reason) = @_;
    undef $child;
    add_output($reason);
    set($service, exit => 126, phase => 'running', pid => undef, ticks => undef, since => int(now() * 1000));
}

sub terminal {
    my $here;
    sysopen($here, '/dev/ptmx', O_RDWR | O_NOCTTY) || sysopen($here, '/dev/pts/ptmx', O_RDWR | O_NOCTTY) || die "no terminal: $!\n";
    my ($locked, $number, $size) = (pack('i', 0), pack('i', 0), pack('S4', 24, 80, 0, 0));
    ioctl $here, TIOCSPTLCK, $locked or die "no terminal: $!\n";
    ioctl $here, TIOCGPTN, $number or die "no terminal: $!\n";
    ioctl $here, TIOCSWINSZ, $size;
    sysopen my $there, '/dev/pts/' . unpack('i', $number), O_RDWR | O_NOCTTY or die "no terminal: $!\n";
    my $settings = POSIX::Termios->new;
    $settings->getattr(fileno $there);
    # Nobody types, and lines end as the program ends them.
    $settings->setlflag($settings->getlflag & ~POSIX::ECHO());
    $settings->setoflag(0);
    $settings->setattr(fileno $there, POSIX::TCSANOW());
    without_wait($here);
    return ($here, $there);
}

# Until the command has ended, or is to be ended.
sub watch {
    while (defined $child && !$stopping) { look(defined $unfinished ? UNFINISHED : undef) }
    end_processes(\&below) if $stopping;
    # What it printed last.
    while ($master && read_output()) { }
}

sub wait_for {
    my $until = now() + $_[0];
    while (!$stopping && (my $left = $until - now()) > 0) { look($left) }
}

sub look {
    my ($seconds) = @_;
    my $readable = '';
    vec($readable, fileno $_, 1) = 1 for grep { $_ } $signals, $master;
    $seconds = 1 if !$signals && ($seconds // 1) >= 1;
    my $count = select $readable, undef, undef, $seconds;
    if ($count > 0) {
        hear_signals() if $signals && vec $readable, fileno $signals, 1;
        read_output() if $master && vec $readable, fileno $master, 1;
    }
    finish_line() if defined $unfinished && now() - $unfinished_since >= UNFINISHED;
    collect();
}

# Also those that a service has left behind: their new parent is its supervisor.
sub collect {
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
        next unless defined $child && $pid == $child;
        undef $child;
        if ($? & 127) { $now{signal} = (split ' ', $Config{sig_name})[ $? & 127 ] }
        else          { $now{exit}   = $? >> 8 }
    }
}

# ---- ends ----------------------------------------------------------------------------------------------------------------

# Names of services, or none: all. Answers as `status`.
sub stop {
    my @names = @_ ? @_ : names();
    stop_one($_) for @names;
    tell_state($_) for @names;
}

sub stop_one {
    my ($name) = @_;
    my %fact = read_state($name) or return;
    my $until = now() + GRACE + 3;
    if (is_kept($name)) { kill 'TERM', $fact{supervisor} }
    while (is_kept($name)) {
        kill 'KILL', $fact{supervisor} if now() > $until;
        select undef, undef, undef, 0.01;
    }
    end_remains($name);
    %fact = read_state($name);
    write_state($name, %fact, phase => 'stopped', pid => undef, ticks => undef) if $fact{phase} =~ /^(?:running|waiting)$/;
}

# Ends all services of the lab on this machine, and removes what is kept of them.
sub remove {
    for my $name (names()) {
        stop_one($name);
        unlink map { "$place/$name/$_" } qw(state state.new log log.1 lock);
        rmdir "$place/$name";
    }
    rmdir $place;
    rmdir "$home/.lab/services";
}

# TERM, a while, KILL; until none of those that `$which` finds is left, or nobody here may end them. A program that ignores TERM is not asked again.
sub end_processes {
    my ($which) = @_;
    for my $signal (qw(TERM KILL)) {
        my @pids = $which->() or return;
        signal_all($signal, @pids);
        my $until = now() + GRACE;
        while (now() < $until && $which->()) {
            # New ones may come as long as the others live.
            signal_all($signal, $which->()) if $signal eq 'KILL';
            select undef, undef, undef, 0.02;
            read_output() if $master;
            collect() if %now;
        }
    }
}

# What sudo(8) has started is root's.
sub signal_all {
    my ($signal, @pids) = @_;
    my @others = grep { !kill($signal, $_) && $!{EPERM} } @pids;
    kill 'CONT', @pids;
    return unless @others;
    defined(my $pid = fork) or return;
    if ($pid == 0) {
        as_programs_hear();
        open STDERR, '>', '/dev/null';
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        no warnings 'exec';
        exec 'sudo', '-n', 'kill', "-$signal", @others or POSIX::_exit(127);
    }
    waitpid $pid, 0;
}

# Processes below this one; without /proc, what it has started.
sub below {
    my %children;
    for my $pid (all_pids()) {
        my ($state, $parent) = fields_of($pid) or next;
        push @{ $children{$parent} }, $pid if defined $parent && $state ne 'Z';
    }
    return defined $child ? ($child) : () unless %children;
    my (@found, @open) = ();
    @open = @{ $children{$$} // [] };
    while (defined(my $pid = shift @open)) { push @found, $pid; push @open, @{ $children{$pid} // [] } }
    return @found;
}

sub group_of {
    my ($leader) = @_;
    return grep { my ($state, undef, $group) = fields_of($_); defined $group && $group == $leader && $state ne 'Z' } all_pids();
}

sub all_pids {
    opendir my $folder, '/proc' or return;
    return grep { /^\d+\z/ } readdir $folder;
}

# State, parent, group, …, of /proc/PID/stat from its third field on.
sub fields_of {
    open my $file, '<', "/proc/$_[0]/stat" or return;
    return split ' ', (<$file> // '') =~ s/^.*\) //sr;
}

sub ticks_of { return (fields_of($_[0]))[19] }

sub boot {
    open my $file, '<', '/proc/sys/kernel/random/boot_id' or return '-';
    chomp(my $id = <$file> // '-');
    return $id;
}

# ---- the log: a line `MILLISECONDS KIND TEXT`, KIND `|` what the program printed, `!` what became of it --------------------------

sub open_log {
    my ($name) = @_;
    $log = { path => "$place/$name/log" };
    sysopen $log->{file}, $log->{path}, O_WRONLY | O_APPEND | O_CREAT, 0600;
    $log_size = -s $log->{path} || 0;
}

sub add_record {
    my ($kind, $text) = @_;
    my $line = int(now() * 1000) . " $kind $text\n";
    if ($log_size + length $line > LOG_BYTES) {
        close $log->{file};
        rename $log->{path}, "$log->{path}.1";
        sysopen $log->{file}, $log->{path}, O_WRONLY | O_APPEND | O_CREAT, 0600;
        $log_size = 0;
    }
    $log_size += syswrite($log->{file}, $line) // 0;
}

sub note { finish_line(); add_record('!', $_[0]) }

sub read_output {
    my $count = sysread $master, my $bytes, 65536;
    if (defined $count && $count > 0) { add_output($bytes); return 1 }
    return 0 if !defined $count && ($! == EAGAIN || $! == EINTR);
    # EIO: nothing has the terminal open any more.
    close $master;
    undef $master;
    return 0;
}

sub add_output {
    my ($bytes) = @_;
    my @lines = split /\n/, ($unfinished // '') . $bytes, -1;
    $unfinished = pop @lines;
    add_record('|', $_) for map { s/\r+\z//r } map { length > LONGEST_LINE ? unpack('(a' . LONGEST_LINE . ')*', $_) : $_ } @lines;
    if (length $unfinished > LONGEST_LINE) { finish_line() }
    if (defined $unfinished && $unfinished eq '') { undef $unfinished }
    $unfinished_since = now();
}

sub finish_line {
    return unless defined $unfinished;
    my $text = $unfinished;
    undef $unfinished;
    add_record('|', $text =~ s/\r+\z//r);
}

sub without_wait {
    my $flags = fcntl $_[0], F_GETFL, 0 or return;
    fcntl $_[0], F_SETFL, $flags | O_NONBLOCK;
}

# ---- readers of logs -----------------------------------------------------------------------------------------------------

# Bytes of each log at most, names. Answers the end of it, lines `NAME MILLISECONDS KIND TEXT`, the name and the rest apart by a tab.
sub show_log {
    my ($most, @names) = @_;
    for my $name (@names) {
        my $text = join '', map { contents("$place/$name/$_") } qw(log.1 log);
        if (length $text > $most) { $text = substr $text, -$most; $text =~ s/^[^\n]*\n// }
        print map { "$name\t$_\n" } split /\n/, $text;
    }
}

sub contents {
    open my $file, '<', $_[0] or return '';
    local $/;
    return <$file> // '';
}

# As `log`, and then what comes, until nobody reads it any more: its input ends.
sub follow {
    my ($most, @names) = @_;
    my %reader = map { $_ => { path => "$place/$_/log", at => 0 } } @names;
    for my $name (@names) {
        my $reader = $reader{$name};
        open $reader->{file}, '<', $reader->{path} or next;
        my $size = -s $reader->{file};
        if ($size > $most) { seek $reader->{file}, $size - $most, 0; readline $reader->{file} }
    }
    my $end = '';
    vec($end, fileno STDIN, 1) = 1;
    while (1) {
        my $ready = $end;
        for my $name (@names) { read_on($name, $reader{$name}) }
        if (select $ready, undef, undef, 0.1) { sysread(STDIN, my $bytes, 4096) or last }
    }
}

sub read_on {
    my ($name, $reader) = @_;
    open $reader->{file}, '<', $reader->{path} or return unless $reader->{file};
    # The log may have been laid aside, or removed, meanwhile: what is left of it comes first.
    for (1 .. 2) {
        seek $reader->{file}, 0, 1;
        while (defined(my $line = readline $reader->{file})) {
            $line = delete($reader->{part}) . $line if defined $reader->{part};
            if ($line !~ /\n\z/) { $reader->{part} = $line; last }
            print "$name\t$line" or exit 0;
        }
        my @there = stat $reader->{path};
        my @here  = stat $reader->{file};
        return if !@there || $there[1] == $here[1] && $there[0] == $here[0];
        open $reader->{file}, '<', $reader->{path} or return;
    }
}
