# Runs a command of lab in a machine, from outside: a part of executor.pl, evaluated in its process that serves what comes from outside.
#
# What a program in the machine does to all processes there does not end the way by which lab came in: this side of it, which reads and writes for
# the command and knows how it ended, is not in the machine, and no start-up file, shell or sshd of the machine is on the way. Just the command is in
# there, with the rights of a process of the machine's user and nothing of the lab's. It ends with the connection.
#
# Frames, in both directions: a letter, four bytes of length, big-endian, the content. From lab: I bytes for standard input; E its end; A so many bytes of
# output were taken; W rows, columns; S a signal by its number; C no more in nor out. To lab: P number of the process in the machine; O, R bytes of standard output and error;
# A so many bytes of input were taken; X status (exit status, or 256 and the signal); Z no more output will come; F what went wrong instead of P.
use constant { PR_SET_KEEPCAPS => 8, SFD_NONBLOCK => 04000, SFD_CLOEXEC => 02000000 };
use constant { TIOCSCTTY => 0x540E, TIOCSWINSZ => 0x5414, TIOCGPTPEER => 0x5441, TIOCSPTLCK => 0x40045431 };
use constant { MOST_UNREAD => 1 << 18, PIECE => 1 << 16, GRACE_SECONDS => 1 };

my ($connection, $machine, $mode, @account, $leader, $status);
my ($to_lab, $to_input, $room) = ('', '', MOST_UNREAD);
my (%output, $input, $input_ends, $is_over, $child_news, $told, $words);

# Fields: name of the account, its number, rows and columns of a terminal, which may be 0, or nothing, folder, "group" when all of its process group ends with the connection,
# number of variables, these, the command.
sub enter_machine {
    my ($account, $uid, $rows, $columns, $folder, $count, @words);
    ($connection, $machine, $account, $uid, $rows, $columns, $folder, $mode, $count, @words) = @_;
    @account = ($account, $uid);
    my %variables = map { split /=/, $_, 2 } splice @words, 0, $count;
    without_wait($connection);
    eval { start_command([ $rows, $columns ], $folder, \%variables, @words); 1 } or fail_to_start($@);
    relay() unless $is_over;
    end_group();
}

# ---- the command -------------------------------------------------------------------------------------------------------

sub start_command {
    my ($size, $folder, $variables, @command) = @_;
    $child_news = news_of_children();
    enter_view($machine->{namespaces});
    # Without a command it is only asked whether there is a machine.
    if (!@command) { has_init() or die "its first process has ended\n"; return send_lab('P', 0) }
    # From its first moment on nobody in the machine traces the command, until it is the command.
    call('prctl', PR_SET_DUMPABLE, 0, 0, 0, 0);
    call('setns', fileno $machine->{namespaces}{pid}, CLONE_NEWPID);
    my ($ends, $pipes) = $size->[0] ne '' ? terminal(@$size) : pipes();
    ($told, my $telling) = pipe_pair();
    # One of the machine's processes from now on, but not yet one of its user namespace, which has a limit of them: the machine may be full.
    $leader = fork // die $!{ENOMEM} ? "its first process has ended\n" : "fork: $!\n";
    if ($leader == 0) {
        eval { become_command($ends, $folder, $variables); exec_command($telling, @command); 1 } or syswrite $telling, "failed $@";
        POSIX::_exit(126);
    }
    close $_ for $telling, @$ends;
    ($input, my @outputs) = @$pipes;
    without_wait($_) for @$pipes;
    @output{qw(O R)[ 0 .. $#outputs ]} = @outputs;
}

# A handler of Perl runs between two of its steps: of a child that ends just before select(2) begins to wait, nothing would be heard until something else
# happens. A blocked signal is there to be read (signalfd(2)).
sub news_of_children {
    POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new(POSIX::SIGCHLD()));
    my $set = pack 'Q', 1 << POSIX::SIGCHLD() - 1;
    my $descriptor = syscall $number{signalfd4}, -1, $set, length $set, SFD_NONBLOCK | SFD_CLOEXEC;
    open my $news, '<&=', $descriptor or die "signalfd: $!\n";
    return $news;
}

sub has_init {
    open my $status, '<', "$machine->{init}/status" or return;
    return grep { /^NSpid:.*\s1\n/ } <$status>;
}

# The end of the pipe says that the command has begun, or that it never will.
sub hear_command {
    my $count = sysread $told, $words, 4096, length($words //= '');
    return if $count || !defined $count && $!{EINTR};
    undef $told;
    return send_lab('P', $1) if $words =~ /\A(\d+)\n\z/;
    fail_to_start($words =~ /failed (.*)/s ? $1 : "it was ended before it began\n");
}

sub fail_to_start {
    send_lab('F', $_[0] =~ s/\s+\z//r);
    $is_over = 1;
}

# The machine's own, so that its programs find it by its name.
sub terminal {
    my ($rows, $columns) = @_;
    sysopen my $here, '/dev/pts/ptmx', Fcntl::O_RDWR() | Fcntl::O_NOCTTY() or die "no terminal: $!\n";
    my $locked = pack 'i', 0;
    ioctl $here, TIOCSPTLCK, $locked or die "no terminal: $!\n";
    resize_terminal($here, $rows, $columns);
    my $descriptor = ioctl $here, TIOCGPTPEER, Fcntl::O_RDWR() | Fcntl::O_NOCTTY() | 02000000 or die "no terminal: $!\n";
    open my $there, '+<&=', $descriptor or die "no terminal: $!\n";
    chown $account[1], -1, $there;
    return [$there], [ $here, $here ];
}

# struct winsize (ioctl_tty(2)).
sub resize_terminal {
    my ($terminal, $rows, $columns) = @_;
    my $size = pack 'S4', $rows, $columns, 0, 0;
    ioctl $terminal, TIOCSWINSZ, $size;
}

sub pipes {
    my ($in, $to_in) = pipe_pair();
    my ($from_out, $out, $from_error, $error) = (pipe_pair(), pipe_pair());
    return [ $in, $out, $error ], [ $to_in, $from_out, $from_error ];
}

# The order matters: the account comes first, so that the machine's count of processes is not asked; and from the user namespace on there is no more
# than its own rights, as each process of the machine has got them.
sub become_command {
    my ($ends, $folder, $variables) = @_;
    $SIG{$_} = 'DEFAULT' for qw(PIPE TERM INT HUP);
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), POSIX::SigSet->new);
    # As the machine's init is, before it is one of its processes.
    for my $group (@{ $machine->{groups} }) { (syswrite($group, "0\n") // -1) > 0 or die "control group: $!\n" }
    POSIX::setsid();
    my ($terminal) = @$ends == 1 ? $ends->[0] : ();
    ioctl $terminal, TIOCSCTTY, 0 or die "no terminal: $!\n" if $terminal;
    for my $descriptor (0 .. 2) { POSIX::dup2(fileno($terminal // $ends->[$descriptor]), $descriptor) // die "dup2: $!\n" }
    my $shell = take_account();
    call('setns', fileno $machine->{namespaces}{$_}, 0) for qw(uts ipc user);
    perform($_) for @{ $machine->{rights} };
    my ($name) = @account;
    my $home = $name eq 'root' ? '/root' : "/home/$name";
    %ENV = (PATH => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG => 'C.UTF-8', USER => $name, LOGNAME => $name, HOME => $home, SHELL => $shell);
    $ENV{TERM} = 'xterm-256color' if $terminal;
    @ENV{ keys %$variables } = values %$variables;
    chdir $home or chdir '/';
    return if $folder eq '' || chdir $folder;
    print STDERR "lab: cannot go to $folder: $!\n";
    POSIX::_exit(126);
}

# Its groups and its shell are what the machine says, its number is not.
sub take_account {
    my ($name, $uid) = @account;
    my ($line) = grep { /^\Q$name\E:/ } lines_of('/etc/passwd');
    my @field = split /:/, $line // '';
    my $group = ($field[3] // '') =~ /^\d+\z/ ? $field[3] : $uid;
    my @groups = map { (split /:/)[2] } grep { /^[^:]*:[^:]*:\d+:(.*,)?\Q$name\E(,|$)/ } lines_of('/etc/group');
    if ($uid != 0 || @groups) {
        # Where the lab has one identity only, there are no groups to take.
        $) = join ' ', $group, $group, @groups[ 0 .. (@groups < 32 ? $#groups : 31) ];
        POSIX::setgid($group);
    }
    return $field[6] || '/bin/sh' if $uid == $<;
    # It keeps its rights up to the user namespace of the machine, to be let in.
    call('prctl', PR_SET_KEEPCAPS, 1, 0, 0, 0);
    POSIX::setuid($uid) // die "cannot become $name: $!\n";
    # capget(2): effective, permitted and inheritable, the lower half of the bits first.
    my ($header, $sets) = (pack('L l', 0x20080522, 0), pack 'L6', (0) x 6);
    syscall($number{capget}, $header, $sets) == 0 or die "capget: $!\n";
    call('capset', $header, pack 'L6', (unpack 'L6', $sets)[ 1, 1, 2, 4, 4, 5 ]);
    return $field[6] || '/bin/sh';
}

# Of an ordinary file, whatever the machine has put there.
sub lines_of {
    my ($path) = @_;
    sysopen my $file, $path, Fcntl::O_RDONLY() | Fcntl::O_NONBLOCK() or return;
    return unless Fcntl::S_ISREG((stat $file)[2] // 0);
    sysread $file, my $text, 1 << 18;
    return split /\n/, $text // '';
}

sub exec_command {
    my ($telling, @command) = @_;
    syswrite $telling, "$$\n";
    no warnings 'exec';
    exec { $command[0] } @command;
    # As shells say it (POSIX, Shell Command Language, 2.8.2).
    my ($words, $code) = $!{ENOENT} ? ('not found', 127) : ("$!", 126);
    print STDERR "lab: $command[0]: $words\n";
    POSIX::_exit($code);
}

# ---- between lab and the command -----------------------------------------------------------------------------------------

sub relay {
    my $from_lab = '';
    while (!$is_over) {
        my ($readable, $writable) = ('', '');
        vec($readable, fileno $_, 1) = 1 for grep { defined } $connection, $child_news, $told;
        if ($room > 0 && length $to_lab < PIECE) { vec($readable, fileno $_, 1) = 1 for values %output }
        vec($writable, fileno $connection, 1) = 1 if length $to_lab;
        vec($writable, fileno $input, 1) = 1 if $input && length $to_input;
        next if select($readable, $writable, undef, undef) < 0;
        hear_command() if $told && vec $readable, fileno $told, 1;
        if (vec $readable, fileno $child_news, 1) { sysread $child_news, my $nothing, PIECE; collect() }
        read_output($_) for grep { vec $readable, fileno $output{$_}, 1 } sort keys %output;
        flush_lab() if vec $writable, fileno $connection, 1;
        write_input() if $input && vec $writable, fileno $input, 1;
        next unless vec $readable, fileno $connection, 1;
        my $count = sysread $connection, $from_lab, PIECE, length $from_lab;
        $is_over = 1 unless $count || !defined $count && ($!{EAGAIN} || $!{EINTR});
        while (length $from_lab >= 5) {
            my ($letter, $length) = unpack 'a N', $from_lab;
            last if length $from_lab < 5 + $length;
            take_frame($letter, substr $from_lab, 5, $length);
            substr $from_lab, 0, 5 + $length, '';
        }
    }
}

sub take_frame {
    my ($letter, $content) = @_;
    if    ($letter eq 'I') { $to_input .= $content; write_input() }
    elsif ($letter eq 'E') { $input_ends = 1; write_input() }
    elsif ($letter eq 'A') { $room += $content }
    elsif ($letter eq 'W') { resize_terminal($output{O}, split / /, $content) if $output{O} }
    elsif ($letter eq 'S') { signal_group($content) }
    elsif ($letter eq 'C') { undef $input; %output = () }
}

# A pipe takes so much without a wait, or tells that it does not.
sub write_input {
    if ($input && length $to_input) {
        my $count = syswrite $input, $to_input;
        if    (defined $count)                { substr $to_input, 0, $count, ''; send_lab('A', $count) }
        elsif (!$!{EAGAIN} && !$!{EINTR})     { undef $input }
    }
    if (!$input && length $to_input) { send_lab('A', length $to_input); $to_input = '' }
    undef $input if $input_ends && $to_input eq '';
}

sub read_output {
    my ($letter) = @_;
    my ($bytes, $count) = ('', 0);
    # A terminal gives 4095 bytes at a time.
    while (length $bytes < $room && length $bytes < PIECE) { $count = sysread $output{$letter}, $bytes, PIECE - length $bytes, length $bytes or last }
    my $goes_on = $count || !defined $count && ($!{EAGAIN} || $!{EINTR});
    $room -= length $bytes;
    send_lab($letter, $bytes) if length $bytes;
    return if $goes_on;
    # EIO: nothing has the terminal open any more.
    delete $output{$letter};
    send_lab('Z', '') unless %output;
}

sub send_lab {
    my ($letter, $content) = @_;
    $to_lab .= pack 'a N/a', $letter, $content;
    flush_lab();
}

sub without_wait {
    my $flags = fcntl $_[0], Fcntl::F_GETFL(), 0 or return;
    fcntl $_[0], Fcntl::F_SETFL(), $flags | Fcntl::O_NONBLOCK();
}

sub flush_lab {
    while (length $to_lab) {
        my $count = syswrite $connection, $to_lab;
        if (defined $count) { substr $to_lab, 0, $count, ''; next }
        return if $!{EAGAIN} || $!{EINTR};
        # Whoever has gone is noticed where it is read from.
        $to_lab = '';
    }
}

# ---- its end ------------------------------------------------------------------------------------------------------------

sub collect {
    return unless defined $leader && !defined $status && waitpid($leader, POSIX::WNOHANG()) == $leader;
    $status = $?;
    send_lab('X', $status & 127 ? 256 + ($status & 127) : $status >> 8);
}

# Whether some of its process group lives. Its number goes to no other as long as a process has it, or the group.
sub group_lives {
    return 0 unless defined $leader;
    return 1 unless defined $status;
    return 0 if -e $leader || !kill 0, -$leader;
    opendir my $processes, '.' or return 0;
    for my $number (grep { /^\d+\z/ } readdir $processes) {
        open my $file, '<', "$number/stat" or next;
        my ($state, undef, $group) = split ' ', (<$file> // '') =~ s/^.*\) //sr;
        return 1 if defined $group && $group == $leader && $state ne 'Z';
    }
    return 0;
}

sub signal_group {
    my ($number) = @_;
    kill $number, -$leader if $number =~ /^\d+\z/ && group_lives();
}

# With the connection all of the group ends, or of what was only asked to run what still does.
sub end_group {
    return if defined $status && $mode ne 'group';
    signal_group(POSIX::SIGTERM());
    signal_group(POSIX::SIGCONT());
    my $until = time + GRACE_SECONDS + 1;
    while (group_lives() && time < $until) { select undef, undef, undef, 0.02; collect() }
    signal_group(POSIX::SIGKILL());
    while (defined $leader && !defined $status && time < $until + GRACE_SECONDS) { select undef, undef, undef, 0.01; collect() }
}

1;
