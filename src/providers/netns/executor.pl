#!/usr/bin/perl
# Carries out the plan that plan/namespace-plan.ts writes: the system calls that Node cannot make. It decides nothing.
#
# Perl, because it is on every system that has git (perl-base is Essential in Debian and Ubuntu), starts in 3 ms and makes
# raw system calls; a process per mount(8), ip(8) and unshare(1) costs five to ten times as much. Only modules of perl-base are used.
#
# Input, on standard input: one operation a line, fields separated by tabs, bytes that would disturb that as %XX. The plan ends
# with the line "end-plan". Output, on standard output, one line each: "pid N" (the lab's init as this host sees it),
# "ready", "committed", or "error TEXT". After "ready" it waits for the line "commit"; when standard input ends before that, everything goes away again:
# the lab's init is PID 1 of a PID namespace, so its end ends all processes in it, and with them all mounts, links and namespaces.
use strict;
use warnings;
use Errno ();
use Fcntl ();
use POSIX ();
use Socket qw(:DEFAULT IPPROTO_IPV6 IPV6_V6ONLY pack_sockaddr_in6 inet_aton inet_pton);

use constant { CLONE_NEWNS => 0x20000, CLONE_NEWUTS => 0x4000000, CLONE_NEWIPC => 0x8000000, CLONE_NEWUSER => 0x10000000, CLONE_NEWPID => 0x20000000, CLONE_NEWNET => 0x40000000, SIGCHLD => 17 };
use constant { PR_SET_DUMPABLE => 4, PR_SET_NAME => 15, PR_CAPBSET_DROP => 24, PR_SET_NO_NEW_PRIVS => 38, SECCOMP_SET_MODE_FILTER => 1, MNT_DETACH => 2 };
use constant { AT_FDCWD => -100, AT_EMPTY_PATH => 0x1000, AT_RECURSIVE => 0x8000, OPEN_TREE_CLONE => 1, OPEN_TREE_CLOEXEC => 02000000, MOVE_MOUNT_F_EMPTY_PATH => 4, MOUNT_ATTR_IDMAP => 0x100000, MS_PRIVATE => 0x40000 };
use constant { RLIMIT_NPROC => 6 };
use constant { CAP_DAC_READ_SEARCH => 2, CAP_KILL => 5, CAP_NET_BIND_SERVICE => 10, CAP_SYS_CHROOT => 18, CAP_SYS_PTRACE => 19, CAP_SYS_ADMIN => 21 };
use constant { CAP_SETGID => 6, CAP_SETUID => 7, CAP_NET_ADMIN => 12, CAP_NET_RAW => 13 };
use constant { AF_NETLINK => 16, RTM_NEWLINK => 16, RTM_NEWADDR => 20, RTM_NEWROUTE => 24, NLM_F_REQUEST_ACK => 5, NLM_F_CREATE_EXCL => 0x600, NETLINK_NETFILTER => 12, MSG_DONTWAIT => 0x40 };

my (%watched, %namespaces_of, %number, @plan, %setting, %machine_pid, %machine_listener, %interface_index, $netlink, $end_reader, $end_writer, $entering);

$| = 1;
umask 022;
$SIG{PIPE} = 'IGNORE';
# File descriptors are handed on to child programs only where the plan says so; children get them by number.
$^F = 2;

sub main {
    close_inherited();
    read_plan();
    # Later no file of the host is there.
    $entering = read_file($0 =~ s{[^/]*\z}{enter.pl}r);
    open STDERR, '>', $setting{log} or fail("$setting{log}: $!");
    my ($mapped_reader, $mapped_writer) = pipe_pair();
    ($end_reader, $end_writer) = pipe_pair();
    my $flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | ($setting{userns} ? CLONE_NEWUSER : 0);
    POSIX::setsid();
    my $pid = eval { clone($flags) } // fail($@);
    if ($pid == 0) {
        close $mapped_writer;
        sysread $mapped_reader, my $nothing, 1;
        eval { lab_init(); 1 } or fail($@);
        exit 0;
    }
    print "pid $pid\n";
    map_ids($pid) if $setting{userns};
    close $mapped_writer;
    # Stay until the lab is committed or gone: whoever started us takes our end for the end of the conversation.
    close $end_writer;
    sysread $end_reader, my $nothing, 1;
}

# What whoever started lab had open, and did not mean for it, would be open in the machines as well.
sub close_inherited {
    opendir my $folder, '/proc/self/fd' or return;
    my @open = grep { /^\d+\z/ && $_ > 2 } readdir $folder;
    closedir $folder;
    POSIX::close($_) for @open;
}

sub fail {
    my ($text) = @_;
    $text =~ s/\s+\z//;
    $text =~ s/\n/; /g;
    print "error $text\n";
    exit 1;
}

sub read_plan {
    while (my $line = <STDIN>) {
        chomp $line;
        return if $line eq 'end-plan';
        my ($name, @fields) = map { s/%([0-9A-F]{2})/chr hex $1/ger } split /\t/, $line, -1;
        if    ($name eq 'syscall') { $number{ $fields[0] } = $fields[1] }
        elsif ($name eq 'set')     { $setting{ $fields[0] } = $fields[1] }
        else                       { push @plan, [ $name, @fields ] }
    }
    fail('the plan ended too early');
}

# ---- the lab's init ----------------------------------------------------------------------------------------------------

sub lab_init {
    # Seen from outside the init keeps its arguments, the label of the lab among them; only its short name changes.
    name_process('lab-init');
    become_root() if $setting{userns};
    my (@sections, $section);
    for my $operation (@plan) {
        if    ($operation->[0] eq 'machine')     { push @sections, $section = { name => $operation->[1], account => $operation->[2], processes => $operation->[3], operations => [] } }
        elsif ($operation->[0] eq 'end-machine') { undef $section }
        elsif ($section)                         { push @{ $section->{operations} }, $operation }
        else                                     { push @sections, $operation }
    }
    eval { build(@sections); 1 } or die reason_of_machines() // $@;
    watch_memory() if %watched;
    %namespaces_of = ();
    print "ready\n";
    my $answer = <STDIN>;
    exit 0 unless defined $answer && $answer eq "commit\n";
    print "committed\n";
    close $end_writer;
    open STDIN, '<', '/dev/null';
    open STDOUT, '>&', \*STDERR;
    # An init that is stopped with TERM ends its lab; the kernel does the rest.
    $SIG{TERM} = $SIG{INT} = sub { exit 0 };
    watch();
}

sub build {
    for my $entry (@_) { ref $entry eq 'HASH' ? start_machine($entry) : perform($entry) }
    await_machines();
    await_helpers();
}

sub become_root {
    # Both files were written by newuidmap(1) and newgidmap(1) of the process outside before it let us go on.
    $( = $) = '0 0';
    $< = $> = 0;
    die "cannot become root of the user namespace: $!\n" if $< != 0 || $> != 0;
}

sub map_ids {
    my ($pid) = @_;
    if (!$setting{newuidmap}) { eval { map_own_id($pid); 1 } or fail("the map of the user namespace: $@"); return }
    for my $kind (qw(uid gid)) {
        my $status = system($setting{"new${kind}map"}, $pid, split / /, $setting{"${kind}_map"});
        fail("$setting{\"new${kind}map\"} refused the range \"$setting{\"${kind}_map\"}\" (status " . ($status >> 8) . ')') if $status != 0;
    }
}

# Who has no right over other IDs may map his own alone, once groups cannot be set any more (user_namespaces(7)).
sub map_own_id {
    my ($pid) = @_;
    write_file("/proc/$pid/setgroups", 'deny');
    write_file("/proc/$pid/${_}_map", $setting{"${_}_map"}) for qw(uid gid);
}

sub watch {
    my %name_of = reverse %machine_pid;
    while (1) {
        my $pid = wait();
        if ($pid < 0) { sleep 3600; next }
        print STDERR scalar(gmtime), " machine $name_of{$pid} ended (status $?)\n" if $name_of{$pid};
    }
}

# ---- machines ----------------------------------------------------------------------------------------------------------

my (%groups_of, $machines_reader, $machines_writer, $links_reader, $links_writer, $lab_network, %netfilter_of, $netfilter_listener, $outside_listener, $network_writer, @listeners);

sub start_machine {
    my ($machine) = @_;
    ($machines_reader, $machines_writer, $links_reader, $links_writer) = (pipe_pair(), pipe_pair()) unless $machines_reader;
    my ($mapped_reader, $mapped_writer) = pipe_pair();
    my $pid = clone_as_owner($machine->{account}, $machine->{processes}, CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID);
    if ($pid == 0) {
        close $_ for grep { defined } $mapped_writer, $links_writer, $machines_reader, $end_writer, $netfilter_listener, $outside_listener, $lab_network, $network_writer;
        %netfilter_of = %namespaces_of = %groups_of = ();
        # The machine has a network of its own, in which the socket and the numbers of the lab's mean nothing.
        undef $netlink;
        %interface_index = ();
        open STDIN, '<', '/dev/null';
        # What a program of the machine could get hold of by way of its init is only what is the machine's own.
        @listeners = delete $machine_listener{ $machine->{name} };
        %machine_listener = ();
        $0 = 'init';
        name_process('init');
        eval { await_map($mapped_reader); perform($_) for @{ $machine->{operations} }; 1 } or machine_failed($machine->{name}, $@);
        exit 0;
    }
    join_groups($machine->{name}, $pid);
    map_as_here($pid);
    # Later nobody opens them: the machine's init cannot be traced when it is done.
    $namespaces_of{ $machine->{name} } = { map { ($_ => open_namespace($pid, $_)) } qw(user mnt net uts ipc pid) };
    close $mapped_writer;
    open_netfilter_of($machine->{name});
    # Held by no other process, it refuses connections as soon as the machine has ended.
    delete $machine_listener{ $machine->{name} };
    $machine_pid{ $machine->{name} } = $pid;
}

# A user namespace is counted to the account that makes it: all that runs in it is one number for the kernel, with the limit of processes that
# holds for this process now (RLIMIT_NPROC, getrlimit(2)). So each machine's is made in the name of an account of its own, which nothing else has.
sub clone_as_owner {
    my ($account, $processes, $flags) = @_;
    # Where no such account is mapped, each account inside still has its own limit.
    my $owns = $account && eval { $> = $account; $> == $account };
    my $before = $owns ? limit(RLIMIT_NPROC, $processes) : undef;
    # Each change of the account takes it away, and then the host's root alone could write the maps of what is made; and the helpers look at us.
    call('prctl', PR_SET_DUMPABLE, 1, 0, 0, 0);
    my $pid = eval { clone($flags) };
    my $reason = $@;
    return 0 if defined $pid && $pid == 0;
    if ($owns) { limit(RLIMIT_NPROC, @$before); $> = 0; call('prctl', PR_SET_DUMPABLE, 1, 0, 0, 0) }
    defined $pid or die $reason;
    return $pid;
}

# The same accounts as in this namespace; a line may not go over two of its lines (user_namespaces(7)).
sub map_as_here {
    my ($pid) = @_;
    for my $kind (qw(uid gid)) {
        open my $own, '<', "/proc/self/${kind}_map" or die "/proc/self/${kind}_map: $!\n";
        write_file("/proc/$pid/${kind}_map", join '', map { my ($first, undef, $count) = split; "$first $first $count\n" } <$own>);
    }
}

# Its init is in them before a program of it runs. The kernel asks whether the one who opened the file may (cgroups(7)).
sub join_groups {
    my ($name, $pid) = @_;
    for my $group (@{ $groups_of{$name} // [] }) {
        (syswrite($group, "$pid\n") // -1) > 0 or die "control group of $name: $!\n";
    }
}

sub await_map {
    my ($reader) = @_;
    sysread $reader, my $nothing, 1;
    close $reader;
    become_root();
}

# The limits of this process and all that it starts: soft and hard; returns those of before (prlimit(2)).
sub limit {
    my ($resource, $soft, $hard) = @_;
    my $before = pack 'Q2', 0, 0;
    # Not by call(), which passes copies.
    syscall($number{prlimit64}, 0, $resource + 0, 0, $before) == 0 or die "prlimit64: $!\n";
    my @before = unpack 'Q2', $before;
    # A limit is never raised: what the host allows stays the most.
    my $new = pack 'Q2', map { $_ < $before[1] ? $_ : $before[1] } $soft, $hard // $before[1];
    call('prlimit64', 0, $resource + 0, $new, '');
    return \@before;
}

sub open_namespace {
    my ($pid, $kind) = @_;
    open my $namespace, '<', "/proc/$pid/ns/$kind" or die "/proc/$pid/ns/$kind: $!\n";
    return $namespace;
}

# A socket that was opened in a network stays there: from the outside nobody gets into that of a machine which runs.
sub open_netfilter_of {
    my ($name) = @_;
    $lab_network //= open_namespace('self', 'net');
    call('setns', fileno $namespaces_of{$name}{net}, CLONE_NEWNET);
    # Where the kernel has no nftables, it works without.
    socket $netfilter_of{$name}, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER or delete $netfilter_of{$name};
    call('setns', fileno $lab_network, CLONE_NEWNET);
}

sub machine_failed {
    my ($name, $text) = @_;
    $text =~ s/\s+\z//;
    syswrite $machines_writer, "error machine $name: $text\n";
    exit 1;
}

# What fails for us may be only the echo of a machine that has failed: its own words come first.
sub reason_of_machines {
    return unless $machines_reader;
    close $_ for grep { defined fileno $_ } $machines_writer, $links_writer;
    while (my $line = <$machines_reader>) { return substr $line, 6 if $line =~ /^error / }
    return;
}

sub await_machines {
    return unless $machines_reader;
    close $machines_writer;
    my $missing = keys %machine_pid;
    while ($missing > 0) {
        my $line = <$machines_reader>;
        die "a machine ended before it was ready\n" unless defined $line;
        die substr($line, 6) if $line =~ /^error /;
        $missing--;
    }
    close $machines_reader;
}

# ---- operations --------------------------------------------------------------------------------------------------------

my (%helpers, $network_reader, $user_namespace, $capture_listener, @advertised);

my %operation = (
    'mkdir' => sub { my ($path, $mode, $uid, $gid) = @_; mkdir $path or -d $path or die "$!\n"; chmod oct $mode, $path; chown $uid, $gid, $path if defined $uid; },
    'write' => sub { my ($path, $mode, $uid, $gid, $content) = @_; write_file($path, $content); chown $uid, $gid, $path or die "$!\n"; chmod oct $mode, $path or die "$!\n"; },
    'symlink'   => sub { symlink $_[0], $_[1] or die "$!\n" },
    'copy'      => \&copy_file,
    'copy-tree' => \&copy_tree,
    'own'       => sub { my ($path, $mode, $uid, $gid) = @_; chown $uid, $gid, $path or die "$!\n"; chmod oct $mode, $path or die "$!\n" },
    'set-xattr' => sub { my ($path, $name, $value) = @_; call('setxattr', $path, $name, $value, length $value, 0) },
    'whiteout'  => sub { call('mknodat', AT_FDCWD, $_[0], 0020000, 0) },
    'device'    => sub { my ($path, $major, $minor) = @_; call('mknodat', AT_FDCWD, $path, 0020666, $major << 8 | $minor); chmod 0666, $path or die "$!\n" },
    'layer'     => \&attach_layer,
    'sysctl'    => sub { write_file(@_) },
    'mount'     => sub { my ($source, $target, $type, $flags, $data) = @_; call('mount', $source, $target, $type, $flags + 0, $data) },
    'hostname'  => sub { call('sethostname', $_[0], length $_[0]) },
    'new-mount-namespace'   => sub { call('unshare', CLONE_NEWNS) },
    'new-user-namespace'    => \&new_user_namespace,
    'enter-user-namespace'  => \&enter_user_namespace,
    'new-network-namespace' => sub { call('unshare', CLONE_NEWNET) },
    'release-helpers' => sub { close $network_writer if $network_writer },
    'root'      => \&change_root,
    'keep-capabilities' => \&keep_capabilities,
    'filter-system-calls' => \&filter_system_calls,
    'no-new-privileges' => sub { call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) },
    # prctl(2): no one traces this process or opens its memory but with CAP_SYS_PTRACE in the namespace in which its program was started, the host's.
    # Only for the machines' inits: that of the lab no machine can see, and whoever made it must.
    # getrlimit(2): no program, and no root of the machine, gets beyond it.
    'limit'     => \&limit,
    # sched_setaffinity(2), a mask of bits, the lowest first.
    'processors' => sub { my $mask = pack 'b*', $_[0]; $mask .= "\0" x (-length($mask) % 8); call('sched_setaffinity', 0, length $mask, $mask) },
    'control-group' => sub { my ($machine, $file) = @_; open my $group, '>', $file or die "$file: $!\n"; push @{ $groups_of{$machine} }, $group },
    'watch-memory' => sub { my ($machine, $bytes, $with_files) = @_; $watched{$machine} = { limit => $bytes, with_files => $with_files } },
    'not-dumpable'      => sub { call('prctl', PR_SET_DUMPABLE, 0, 0, 0, 0) },
    'bridge'    => sub { link_bridge(@_) },
    'veth'      => sub { link_veth(@_) },
    # The end of this pipe tells all machines at once that their interfaces are there.
    'links-made'  => sub { close $links_writer if $links_writer },
    'await-links' => sub { sysread $links_reader, my $nothing, 1; close $links_reader },
    'address'   => sub { link_address(@_) },
    'up'        => sub { link_up($_[0]) },
    'route'     => sub { link_route(@_) },
    'advertise' => sub { push @advertised, [@_] },
    'serve-advertisements' => sub { serve_advertisements() },
    'helper'    => \&start_helper,
    'listen-unix' => sub { my ($folder, $name, $machine) = @_; chdir $folder or die "$folder: $!\n"; unlink $name; $machine_listener{$machine} = listener(PF_UNIX, pack_sockaddr_un($name)); chdir '/' },
    'listen-tcp'  => sub { push @listeners, listener_tcp($_[0]) },
    'ready'     => sub { syswrite $machines_writer, "ok\n"; close $machines_writer; open STDOUT, '>', '/dev/null' },
    'serve'     => \&serve,
    'listen-captures' => sub { $capture_listener = private_listener(@_) },
    'serve-captures'  => \&serve_captures,
    'listen-netfilter' => sub { $netfilter_listener = private_listener(@_) },
    'serve-netfilter'  => sub { serve_netfilter() },
    'listen-outside'   => sub { $outside_listener = private_listener(@_) },
    'serve-outside'    => sub { serve_outside() },
);

# A name with a question mark may fail: the rest works without it.
sub perform {
    my ($operation) = @_;
    my ($name, @fields) = @$operation;
    my $optional = $name =~ s/\?\z//;
    my $code = $operation{$name} or die "no such operation: $name\n";
    return if eval { $code->(@fields); 1 } || $optional;
    my $reason = $@;
    $reason =~ s/\s+\z//;
    die join(' ', $name, map { length > 120 ? substr($_, 0, 117) . '...' : $_ } @fields) . ": $reason\n";
}

sub read_file {
    my ($path) = @_;
    open my $file, '<', $path or fail("$path: $!");
    local $/;
    return scalar <$file>;
}

sub write_file {
    my ($path, $content) = @_;
    open my $file, '>', $path or die "$!\n";
    (syswrite($file, $content) // -1) == length $content or die "$!\n";
    close $file or die "$!\n";
}

sub copy_file {
    my ($source, $path, $mode, $uid, $gid) = @_;
    open my $in, '<:raw', $source or die "$source: $!\n";
    open my $out, '>:raw', $path or die "$path: $!\n";
    while (my $count = sysread $in, my $buffer, 1 << 20) { (syswrite($out, $buffer) // -1) == $count or die "$path: $!\n" }
    close $out or die "$path: $!\n";
    chown $uid, $gid, $path or die "$path: $!\n";
    chmod oct $mode, $path or die "$path: $!\n";
}

# Folders, links and files, with their modes; what this user may not read is left out.
sub copy_tree {
    my ($source, $path) = @_;
    opendir my $folder, $source or return;
    mkdir $path, (stat $source)[2] & 07777 | 0700;
    for my $name (grep { !/^\.\.?\z/ } readdir $folder) {
        my ($from, $to) = ("$source/$name", "$path/$name");
        if    (-l $from) { symlink readlink $from, $to }
        elsif (-d _)     { copy_tree($from, $to) }
        elsif (-f _ && open my $readable, '<', $from) { copy_file($from, $to, sprintf('%o', (stat $readable)[2] & 0777), 0, 0) }
    }
}

# pivot_root(2), "pivot_root(".", ".")": the new root is stacked over the old one, which is then let go.
sub change_root {
    my ($path) = @_;
    chdir $path or die "$!\n";
    call('pivot_root', '.', '.');
    call('umount2', '.', MNT_DETACH);
    chdir '/';
}

# For this process and all that it starts: its own sets, and the bounding set, which no program can add to (capabilities(7)).
sub keep_capabilities {
    my %keep = map { $_ => 1 } split / /, $_[0];
    for my $capability (0 .. 63) {
        next if $keep{$capability};
        # EINVAL: a capability that this kernel does not have.
        last if syscall($number{prctl}, PR_CAPBSET_DROP, $capability, 0, 0, 0) < 0 && $!{EINVAL};
    }
    my @half = (0, 0);
    $half[$_ >> 5] |= 1 << ($_ & 31) for keys %keep;
    # capset(2), version 3: effective, permitted and inheritable, the lower half of the bits first.
    my ($header, $sets) = (pack('L l', 0x20080522, 0), pack('L6', @half[0, 0], 0, @half[1, 1], 0));
    call('capset', $header, $sets);
}

# seccomp(2). CAP_SYS_ADMIN in the machine's own user namespace is enough, so no_new_privs is not needed, and sudo works on.
sub filter_system_calls {
    my $instructions = pack 'H*', $_[0];
    # struct sock_fprog: the number of instructions of eight bytes, and where they are.
    my $program = pack 'S x![P] P', length($instructions) / 8, $instructions;
    call('seccomp', SECCOMP_SET_MODE_FILTER, 0, $program);
}

# A user namespace whose IDs are set by root, who has the right to map any; for idmapped mounts, and to be entered later.
sub new_user_namespace {
    my ($map) = @_;
    my ($made_reader, $made_writer, $done_reader, $done_writer) = (pipe_pair(), pipe_pair());
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        close $done_writer;
        syswrite $made_writer, syscall($number{unshare}, CLONE_NEWUSER) < 0 ? "$!" : 'ok';
        sysread $done_reader, my $nothing, 1;
        POSIX::_exit(0);
    }
    close $made_writer;
    sysread $made_reader, my $answer, 200;
    die "$answer\n" if $answer ne 'ok';
    write_file("/proc/$pid/$_", $map) for qw(uid_map gid_map);
    open $user_namespace, '<', "/proc/$pid/ns/user" or die "$!\n";
    close $done_writer;
    waitpid $pid, 0;
}

# All mounts of the outer mount namespace are locked in the one that is made here: what is read-only stays so (mount_namespaces(7)).
sub enter_user_namespace {
    call('setns', fileno $user_namespace, CLONE_NEWUSER);
    call('unshare', CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC);
    become_root();
    close $user_namespace;
}

# A clone of the mount at $source, with attributes that it has before anybody can see it: open_tree(2), mount_setattr(2), move_mount(2).
sub attach_layer {
    my ($source, $target, $attributes, $recursive, $mapped) = @_;
    my $empty = "\0";
    my $tree = syscall($number{open_tree}, AT_FDCWD, $source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | ($recursive ? AT_RECURSIVE : 0));
    die "open_tree: $!\n" if $tree < 0;
    # struct mount_attr: what to set, what to clear, propagation, the user namespace whose IDs the files have.
    my $change = pack 'Q4', $attributes | ($mapped ? MOUNT_ATTR_IDMAP : 0), 0, MS_PRIVATE, $mapped ? fileno $user_namespace : 0;
    my $set = syscall $number{mount_setattr}, $tree, $empty, AT_EMPTY_PATH | ($recursive ? AT_RECURSIVE : 0), $change, length $change;
    die(($mapped ? 'idmap' : 'mount_setattr') . ": $!\n") if $set < 0;
    my $moved = syscall $number{move_mount}, $tree, $empty, AT_FDCWD, $target, MOVE_MOUNT_F_EMPTY_PATH;
    die "move_mount: $!\n" if $moved < 0;
    POSIX::close($tree);
}

# A program next to the lab that reports that it is ready by a byte on the descriptor that replaces {ready}. It is forked in the network and
# among the files of the host, and begins when this process is in the lab's own network to stay: that is where it looks for it.
sub start_helper {
    my ($input, @command) = @_;
    ($network_reader, $network_writer) = pipe_pair() if !$network_writer;
    my ($ready_reader, $ready_writer) = pipe_pair();
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my ($input_reader, $input_writer) = pipe_pair();
        syswrite $input_writer, $input;
        close $input_writer;
        open STDIN, '<&', $input_reader;
        open STDOUT, '>&', \*STDERR;
        close $network_writer;
        sysread $network_reader, my $nothing, 1;
        my $descriptor = fileno $ready_writer;
        keep_open($ready_writer);
        $ENV{LD_LIBRARY_PATH} = $setting{library_path} if $setting{library_path};
        exec { $command[0] } map { s/\{ready\}/$descriptor/r } @command or do { print STDERR "$command[0]: $!\n"; POSIX::_exit(127) };
    }
    close $ready_writer;
    $helpers{$pid} = { reader => $ready_reader, name => join ' ', @command[0 .. ($#command && 1)] };
}

sub await_helpers {
    for my $helper (values %helpers) {
        sysread($helper->{reader}, my $byte, 1) or die "$helper->{name} ended before it was ready\n";
    }
}

# ---- serving SSH -------------------------------------------------------------------------------------------------------

sub listener {
    my ($family, $address) = @_;
    socket my $socket, $family, SOCK_STREAM, 0 or die "socket: $!\n";
    setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1 if $family != PF_UNIX;
    setsockopt $socket, IPPROTO_IPV6, IPV6_V6ONLY, 0 if $family == PF_INET6;
    bind $socket, $address or die "bind: $!\n";
    listen $socket, 128 or die "listen: $!\n";
    return $socket;
}

# For this user only, who is root here.
sub private_listener {
    my ($folder, $name) = @_;
    chdir $folder or die "$folder: $!\n";
    unlink $name;
    socket my $socket, PF_UNIX, SOCK_STREAM, 0 or die "socket: $!\n";
    bind $socket, pack_sockaddr_un($name) or die "bind: $!\n";
    chmod 0600, $name;
    listen $socket, 1024 or die "listen: $!\n";
    chdir '/';
    return $socket;
}

sub listener_tcp {
    my ($port) = @_;
    return eval { listener(PF_INET6, pack_sockaddr_in6($port, "\0" x 16)) } // listener(PF_INET, pack_sockaddr_in($port, INADDR_ANY));
}

# Socket activation, as Ubuntu does it since 22.10: init holds port 22 and starts one "sshd -i" for each connection.
sub serve {
    my ($log, @command) = @_;
    $SIG{CHLD} = 'IGNORE';
    my $bits = '';
    vec($bits, fileno $_, 1) = 1 for @listeners;
    while (1) {
        my $count = select my $readable = $bits, undef, undef, undef;
        next if $count <= 0;
        for my $listener (grep { vec $readable, fileno $_, 1 } @listeners) {
            accept my $connection, $listener or next;
            my $pid = fork;
            next if !defined $pid || $pid != 0;
            $SIG{CHLD} = 'DEFAULT';
            $SIG{PIPE} = 'DEFAULT';
            POSIX::setsid();
            open STDIN,  '<&', $connection;
            open STDOUT, '>&', $connection;
            open STDERR, '>>', $log;
            %ENV = (PATH => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
            exec { $command[0] } @command or do { print STDERR "$command[0]: $!\n"; POSIX::_exit(127) };
        }
    }
}

# ---- captures at the lab's end of the links ----------------------------------------------------------------------------

# In the network of the lab itself, so nothing in a machine sees, ends or changes them. A connection is one capture. It asks with one line, fields as in
# a plan: machine, interface, filter (pcap-filter(7)). Until it closes its direction, it gets frames: a letter (O: what tcpdump writes, E: what it says,
# X: its exit status, at the end), four bytes of length, big-endian, the content.
#
# A process of its own, among the files below $root, which keeps no right but to capture (and to change its user, which tcpdump insists on), also
# through programs that it starts.
sub serve_captures {
    my ($root, @tcpdump) = @_;
    my %port_of = map { ("$_->[3]\t$_->[4]" => $_->[2]) } grep { $_->[0] eq 'veth' } @plan;
    my $pid = fork // die "fork: $!\n";
    if ($pid != 0) { close $capture_listener; return }
    leave_lab('lab-captures', $netfilter_listener, $outside_listener);
    chroot $root or die "$root: $!\n";
    chdir '/';
    keep_capabilities(join ' ', CAP_SETGID, CAP_SETUID, CAP_NET_RAW);
    call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    %ENV = (PATH => $ENV{PATH}, LC_ALL => 'C');
    while (1) {
        accept my $connection, $capture_listener or next;
        next if fork // 1;
        close $capture_listener;
        eval { capture($connection, \%port_of, @tcpdump); 1 } or send_frame($connection, 'E', $@);
        POSIX::_exit(0);
    }
}

sub capture {
    my ($connection, $port_of, @tcpdump) = @_;
    $SIG{CHLD} = 'DEFAULT';
    my $line = '';
    while ($line !~ /\n\z/ && length $line < 1 << 16) { sysread $connection, $line, 4096, length $line or return }
    chomp $line;
    my ($machine, $interface, $filter) = map { s/%([0-9A-F]{2})/chr hex $1/ger } split /\t/, $line, -1;
    my $port = $port_of->{"$machine\t$interface"} or die "tcpdump: $machine has no such device: $interface\n";
    my ($out, $out_writer, $talk, $talk_writer) = (pipe_pair(), pipe_pair());
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDOUT, '>&', $out_writer;
        open STDERR, '>&', $talk_writer;
        exec { $tcpdump[0] } @tcpdump, '-i', $port, '--', $filter or do { print STDERR "tcpdump: $!\n"; POSIX::_exit(126) };
    }
    close $_ for $out_writer, $talk_writer;
    relay_capture($connection, $pid, $out, $talk);
    waitpid $pid, 0;
    send_frame($connection, 'X', $? & 127 ? 128 + ($? & 127) : $? >> 8);
}

# SIGTERM lets tcpdump write what it has, and its counts.
sub relay_capture {
    my ($connection, $pid, $out, $talk) = @_;
    my %letter_of = (fileno $out => 'O', fileno $talk => 'E');
    my %open = (fileno $connection => $connection, fileno $out => $out, fileno $talk => $talk);
    while ($open{ fileno $out } || $open{ fileno $talk }) {
        my $bits = '';
        vec($bits, $_, 1) = 1 for keys %open;
        next if select($bits, undef, undef, undef) <= 0;
        for my $descriptor (grep { vec $bits, $_, 1 } keys %open) {
            my $count = sysread $open{$descriptor}, my $bytes, 1 << 16;
            my $letter = $letter_of{$descriptor};
            if (!$count) { delete $open{$descriptor}; kill 'TERM', $pid unless $letter }
            elsif ($letter && !send_frame($connection, $letter, $bytes)) { kill 'KILL', $pid; return }
        }
    }
}

sub send_frame {
    my ($connection, $letter, $bytes) = @_;
    my $frame = pack 'a N/a', $letter, $bytes;
    while (length $frame) {
        my $count = syswrite $connection, $frame or return;
        substr $frame, 0, $count, '';
    }
    return 1;
}

# ---- router advertisements ------------------------------------------------------------------------------------------------

# Where a gateway announces itself (RFC 4861): from the bridge that it is, or in the name of the machine that it is, in whose network a socket of ours
# is. No program of the machine sees it or is needed for it.
use constant { IPPROTO_ICMPV6 => 58, IPV6_UNICAST_HOPS => 16, IPV6_MULTICAST_IF => 17, IPV6_MULTICAST_HOPS => 18, IPV6_JOIN_GROUP => 20, ROUTER_SOLICITATION => 133, ROUTER_ADVERTISEMENT => 134 };
# Seconds: at first machines are only coming up.
use constant { FIRST_ADVERTISEMENTS => 10, SOON => 1, LATER => 30 };

sub serve_advertisements {
    return unless @advertised;
    my $pid = fork // die "fork: $!\n";
    return if $pid != 0;
    eval { advertise(); 1 } or print STDERR $@;
    POSIX::_exit(0);
}

sub advertise {
    my $here = open_namespace('self', 'net');
    my %sender_of = map { my $sender = sender_of(@$_); call('setns', fileno $here, CLONE_NEWNET); (fileno $sender->{socket} => $sender) } @advertised;
    leave_lab('lab-advertise', grep { defined } $netfilter_listener, $outside_listener);
    %netfilter_of = %namespaces_of = %groups_of = ();
    keep_capabilities('');
    call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    my $sent = 0;
    while (1) {
        my $bits = '';
        vec($bits, $_, 1) = 1 for keys %sender_of;
        my $count = select $bits, undef, undef, $sent < FIRST_ADVERTISEMENTS ? SOON : LATER;
        if ($count <= 0) { $sent++; send_advertisement($_) for values %sender_of; next }
        for my $sender (map { $sender_of{$_} } grep { vec $bits, $_, 1 } keys %sender_of) {
            defined recv $sender->{socket}, my $packet, 1500, MSG_DONTWAIT or next;
            send_advertisement($sender) if unpack('C', $packet) == ROUTER_SOLICITATION;
        }
    }
}

# A router advertisement: hop limit, its lifetime in seconds; then options: the prefix, with which machines make addresses, and the MTU. The kernel
# fills in the checksum.
sub sender_of {
    my ($link, $machine, $prefix, $mtu) = @_;
    call('setns', fileno $namespaces_of{$machine}{net}, CLONE_NEWNET) if $machine ne '';
    socket my $socket, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 or die "router advertisements: $!\n";
    my $request = pack 'a16 x24', $link;
    ioctl $socket, 0x8933, $request or die "interface $link: $!\n";
    my $index = unpack 'x16 l', $request;
    # ICMP6_FILTER: all are blocked but the solicitations.
    setsockopt $socket, IPPROTO_ICMPV6, 1, pack 'L8', map { $_ == ROUTER_SOLICITATION >> 5 ? ~(1 << (ROUTER_SOLICITATION & 31)) & 0xffffffff : 0xffffffff } 0 .. 7;
    setsockopt $socket, IPPROTO_IPV6, $_, pack 'l', 255 for IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS;
    setsockopt $socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, pack 'l', $index;
    setsockopt $socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, inet_pton(AF_INET6, 'ff02::2') . pack 'l', $index;
    my $packet = pack('C C n C C n N N', ROUTER_ADVERTISEMENT, 0, 0, 64, 0, 1800, 0, 0) . pack('C C C C N N N', 3, 4, 64, 0xc0, 86400, 14400, 0) . inet_pton(AF_INET6, $prefix);
    $packet .= pack 'C C n N', 5, 1, 0, $mtu if $mtu != 1500;
    return { socket => $socket, packet => $packet, to => pack_sockaddr_in6(0, inet_pton(AF_INET6, 'ff02::1'), $index) };
}

# While a link has no address yet, it fails: the next one comes soon.
sub send_advertisement { my ($sender) = @_; send $sender->{socket}, $sender->{packet}, 0, $sender->{to} }

# ---- nftables of the machines -------------------------------------------------------------------------------------------

# A socket in the network of each machine, held by a process on the lab's side, which nothing in a machine sees or ends. A connection names its machine
# with its first line; each further one is a datagram of messages in hexadecimal, and gets one line with all that the kernel answers.
sub serve_netfilter {
    my $pid = fork // die "fork: $!\n";
    if ($pid != 0) { close $netfilter_listener; %netfilter_of = (); return }
    eval { answer_netfilter(); 1 } or print STDERR $@;
    POSIX::_exit(0);
}

sub answer_netfilter {
    leave_lab('lab-netfilter', $outside_listener);
    %namespaces_of = %groups_of = ();
    keep_capabilities(CAP_NET_ADMIN);
    call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    while (1) {
        accept my $connection, $netfilter_listener or next;
        next if fork // 1;
        close $netfilter_listener;
        my $socket = $netfilter_of{ read_line($connection) // '' } or return;
        while (defined(my $line = read_line($connection))) {
            syswrite $connection, unpack('H*', netfilter($socket, pack 'H*', $line)) . "\n" or return;
        }
        return;
    }
}

# A process that serves next to the lab's init keeps of what that holds what is not named here. The label is for that init alone, whose end is the end
# of this process, too; the plan has keys in it, and the machines' sockets are for none of these.
sub leave_lab {
    my ($name, @listeners) = @_;
    # The machines wait for the ends of the pipes.
    close $_ for grep { defined } $end_writer, $machines_reader, $machines_writer, $links_reader, $links_writer, $network_writer, @listeners;
    $0 = $name;
    name_process($name);
    open STDIN,  '<',  '/dev/null';
    open STDOUT, '>&', \*STDERR;
    @plan = ();
    %machine_listener = ();
    $SIG{CHLD} = 'IGNORE';
}

# The kernel has answered when send(2) returns; of what is long it makes the next part when the one before is taken.
sub netfilter {
    my ($socket, $messages) = @_;
    send $socket, $messages, 0 or return '';
    my $answers = '';
    while (defined recv $socket, my $part, 1 << 17, MSG_DONTWAIT) { $answers .= $part }
    return $answers;
}

# ---- machines, seen from outside -----------------------------------------------------------------------------------------

# Looks at a machine for lab: in its network and among its files, so that its /proc shows its processes by their own numbers, but not one of them. No
# program of the machine sees it, ends it, or runs for it, and its table of processes may be full. A connection names its machine with its first line;
# a program in Perl follows up to the line "__END__", and then what that program reads. Its modules are those that are loaded here.
sub serve_outside {
    my $pid = fork // die "fork: $!\n";
    if ($pid != 0) { close $outside_listener; %groups_of = (); return }
    eval { answer_outside(); 1 } or print STDERR $@;
    POSIX::_exit(0);
}

sub answer_outside {
    my %rights_of = rights_of_machines();
    leave_lab('lab-outside');
    %netfilter_of = ();
    eval "$entering; 1" or die $@;
    while (1) {
        accept my $connection, $outside_listener or next;
        next if fork // 1;
        $SIG{CHLD} = 'DEFAULT';
        close $outside_listener;
        open STDIN, '<&', $connection;
        my ($name, @request) = map { s/%([0-9A-F]{2})/chr hex $1/ger } split /\t/, read_line(\*STDIN) // '', -1;
        my $namespaces = $namespaces_of{ $name // '' } or return;
        my $machine = { init => $machine_pid{$name}, namespaces => $namespaces, groups => $groups_of{$name} // [], rights => $rights_of{$name} };
        %groups_of = ();
        if (@request) { enter_machine($connection, $machine, @request) }
        else          { look($connection, $namespaces) }
        return;
    }
}

# What takes rights from the init of a machine, and so from all of its processes, takes them from what comes in from outside as well.
sub rights_of_machines {
    my (%rights, $name);
    for my $operation (@plan) {
        $name = $operation->[1] if $operation->[0] =~ /^machine\z/;
        push @{ $rights{$name} }, $operation if $operation->[0] =~ /^(limit|processors|filter-system-calls|keep-capabilities|no-new-privileges)\??\z/;
    }
    return %rights;
}

sub look {
    my ($connection, $namespaces) = @_;
    my @looking = (CAP_DAC_READ_SEARCH, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_SYS_PTRACE);
    keep_capabilities(join ' ', @looking, CAP_SYS_CHROOT, CAP_SYS_ADMIN);
    call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    open STDOUT, '>&', $connection;
    close $connection;
    enter_view($namespaces);
    keep_capabilities(join ' ', @looking);
    run_outside(do { local $/ = "\n__END__\n"; <STDIN> } // '');
}

# "/proc" is the machine's from here on, and "." that of the lab.
my $machine_processes;
sub enter_view {
    my ($namespaces) = @_;
    opendir my $processes, '/proc' or die "/proc: $!\n";
    $machine_processes = 'pid:[' . (stat $namespaces->{pid})[1] . ']';
    call('setns', fileno $namespaces->{net}, CLONE_NEWNET);
    call('setns', fileno $namespaces->{mnt}, CLONE_NEWNS);
    chdir $processes or die "/proc: $!\n";
    %namespaces_of = ();
}

# For the programs that look: by which number the lab, and so a system call made here, knows a process of the machine (pid_namespaces(7)).
sub Outside::number_here {
    my ($wanted) = @_;
    opendir my $processes, '.' or return;
    for my $number (grep { /^\d+\z/ } readdir $processes) {
        open my $status, '<', "$number/status" or next;
        my ($line) = grep { /^NSpid:/ } <$status>;
        return $number if defined $line && $line =~ /\s$wanted\n/ && (readlink "$number/ns/pid" // '') eq $machine_processes;
    }
    return;
}

sub run_outside {
    # A module of the machine's is none of ours.
    @INC = ();
    eval "package Outside; $_[0]";
    print STDERR "lab-outside: $@" if $@;
}

sub read_line {
    my ($connection) = @_;
    my $line = <$connection>;
    chomp $line if defined $line;
    return $line;
}

# ---- memory of the machines ----------------------------------------------------------------------------------------------

use constant { LOOK_SECONDS => 0.02, CALM_LOOKS => 50, STIR_KIB => 8192, PAGE_BYTES => POSIX::sysconf(POSIX::_SC_PAGESIZE) };

# Where no control group bounds what the programs of a machine take, a process on the lab's side looks, and ends the largest program of a machine that has
# more than its limit. Most of the time it reads one line, how much the whole host has left: only when that goes down does it count.
sub watch_memory {
    my $pid = fork // die "fork: $!\n";
    return if $pid != 0;
    eval { look_at_memory(); 1 } or print STDERR $@;
    POSIX::_exit(0);
}

sub look_at_memory {
    leave_lab('lab-memory');
    open_files_of_machines();
    %netfilter_of = %namespaces_of = ();
    keep_capabilities(join ' ', CAP_DAC_READ_SEARCH, CAP_KILL, CAP_SYS_PTRACE);
    call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    open my $host, '<', '/proc/meminfo' or die "/proc/meminfo: $!\n";
    my ($left, $looks) = (0, 0);
    while (1) {
        select undef, undef, undef, LOOK_SECONDS;
        my $now = available_kib($host);
        my $stirs = $now < $left - STIR_KIB || $looks++ % CALM_LOOKS == 0;
        $left = $now if $stirs || $now > $left;
        for my $machine (values %watched) { bound($machine) if $stirs || $machine->{is_near} }
    }
}

# From among the files of each machine, where /proc shows its processes and nothing in it can lay something else over it.
sub open_files_of_machines {
    my $here = open_namespace('self', 'mnt');
    while (my ($name, $machine) = each %watched) {
        $machine->{name} = $name;
        call('setns', fileno $namespaces_of{$name}{mnt}, CLONE_NEWNS);
        opendir $machine->{processes}, '/proc' or die "$name: /proc: $!\n";
        open $machine->{root}, '<', '/' or die "$name: /: $!\n";
    }
    call('setns', fileno $here, CLONE_NEWNS);
}

sub available_kib {
    my ($host) = @_;
    sysseek $host, 0, 0;
    sysread $host, my $text, 512;
    return $text =~ /^MemAvailable: +(\d+)/m ? $1 : 0;
}

sub bound {
    my ($machine) = @_;
    my $files = $machine->{with_files} ? file_bytes($machine->{root}) : 0;
    my $bytes = $files + total(my $of = memory_of_processes($machine, \&resident_bytes));
    $machine->{is_near} = $bytes > $machine->{limit} / 2;
    # What is common to several processes was counted for each of them.
    return if $bytes <= $machine->{limit};
    $of = memory_of_processes($machine, \&proportional_bytes);
    return if $files + total($of) <= $machine->{limit};
    my ($largest) = sort { $of->{$b} <=> $of->{$a} } grep { $_ != 1 } keys %$of;
    end_for_memory($machine, $largest) if defined $largest;
}

sub total {
    my $sum = 0;
    $sum += $_ for values %{ $_[0] };
    return $sum;
}

sub memory_of_processes {
    my ($machine, $measure) = @_;
    chdir $machine->{processes} or return {};
    rewinddir $machine->{processes};
    return { map { ($_ => $measure->($_)) } grep { /^\d+\z/ } readdir $machine->{processes} };
}

# proc(5), statm: pages that are there, less those of files.
sub resident_bytes {
    open my $file, '<', "$_[0]/statm" or return 0;
    my (undef, $resident, $shared) = split ' ', <$file> // '';
    return (($resident // 0) - ($shared // 0)) * PAGE_BYTES;
}

# proc(5), smaps_rollup: each page divided by the number of processes that have it. Where it does not open, the plain count.
sub proportional_bytes {
    my ($pid) = @_;
    open my $file, '<', "$pid/smaps_rollup" or return resident_bytes($pid);
    my $kib = 0;
    while (my $line = <$file>) { $kib += $1 if $line =~ /^(?:Pss_Anon|SwapPss): +(\d+)/ }
    return $kib ? $kib * 1024 : resident_bytes($pid);
}

# statfs(2) of a tmpfs: size of a block, blocks, free blocks.
sub file_bytes {
    my $answer = "\0" x 120;
    syscall($number{fstatfs}, fileno $_[0], $answer) == 0 or return 0;
    my (undef, $size, $blocks, $free) = unpack 'q4', $answer;
    return ($blocks - $free) * $size;
}

# pidfd_send_signal(2), to the folder in /proc: that number cannot be another process by now.
sub end_for_memory {
    my ($machine, $pid) = @_;
    open my $process, '<', $pid or return;
    # It takes a moment to go, and its memory with it.
    return if ($machine->{ended} // 0) == $pid;
    return if syscall($number{pidfd_send_signal}, fileno $process, 9, 0, 0) < 0;
    $machine->{ended} = $pid;
    print STDERR "limit memory $machine->{name} $pid\n" if ++$machine->{ends} <= 1000;
}

# ---- rtnetlink(7) ------------------------------------------------------------------------------------------------------

sub netlink {
    my ($type, $flags, $body) = @_;
    $netlink or socket $netlink, AF_NETLINK, SOCK_RAW, 0 or die "netlink: $!\n";
    # struct nlmsghdr; the kernel answers every request with an NLMSG_ERROR that holds 0 or a negative errno.
    send $netlink, pack('L S S L L', 16 + length $body, $type, NLM_F_REQUEST_ACK | $flags, 1, 0) . $body, 0 or die "netlink: $!\n";
    recv $netlink, my $answer, 8192, 0;
    my $error = unpack 'l', substr $answer, 16, 4;
    if ($error != 0) { $! = -$error; die "$!\n" }
}

# struct rtattr: length, type, value, padded to four bytes.
sub attribute { my ($type, $value) = @_; return pack('S S', 4 + length $value, $type) . $value . "\0" x (-length($value) % 4) }

# struct ifinfomsg with IFF_UP in both flags and mask where the link comes up at once.
sub link_message { my ($index, $up) = @_; return pack 'C x S l L L', 0, 0, $index, $up, $up }

sub link_bridge {
    my ($name, $mac) = @_;
    netlink(RTM_NEWLINK, NLM_F_CREATE_EXCL, link_message(0, 1) . attribute(3, "$name\0") . attribute(1, pack 'H*', $mac) . attribute(18, attribute(1, 'bridge')));
}

sub link_veth {
    my ($bridge, $port, $machine, $name, $mac, $mtu, $inner_mtu) = @_;
    # IFLA_MTU; the ends of a cable have 1500 bytes by themselves, and only what differs is said.
    my ($of_port, $of_peer) = map { $_ == 1500 ? '' : attribute(4, pack 'L', $_) } $mtu, $inner_mtu;
    my $peer = link_message(0, 0) . attribute(3, "$name\0") . attribute(19, pack 'l', $machine_pid{$machine}) . attribute(1, pack 'H*', $mac) . $of_peer;
    netlink(RTM_NEWLINK, NLM_F_CREATE_EXCL, link_message(0, 1) . attribute(3, "$port\0") . attribute(10, pack 'l', index_of($bridge)) . $of_port . attribute(18, attribute(1, 'veth') . attribute(2, attribute(1, $peer))));
}

sub link_up { netlink(RTM_NEWLINK, 0, link_message(index_of($_[0]), 1)) }

sub link_address {
    my ($name, $address, $prefix_length) = @_;
    my ($family, $bytes) = packed_address($address);
    # IFA_F_NODAD: an address of IPv6 is there at once, and not when nobody has objected for a second.
    my $flags = $family == AF_INET6 ? 2 : 0;
    netlink(RTM_NEWADDR, NLM_F_CREATE_EXCL, pack('C C C C L', $family, $prefix_length, $flags, 0, index_of($name)) . attribute(2, $bytes) . attribute(1, $bytes));
}

# struct rtmsg: table main (254), protocol static (4), scope universe, type unicast (1); RTA_DST, RTA_GATEWAY.
sub link_route {
    my ($to, $prefix_length, $via) = @_;
    my ($family, $gateway) = packed_address($via);
    my $destination = $prefix_length == 0 ? '' : attribute(1, (packed_address($to))[1]);
    netlink(RTM_NEWROUTE, NLM_F_CREATE_EXCL, pack('C8 L', $family, $prefix_length, 0, 0, 254, 4, 0, 1, 0) . $destination . attribute(5, $gateway));
}

sub packed_address {
    my ($text) = @_;
    my $family = $text =~ /:/ ? AF_INET6 : AF_INET;
    return ($family, inet_pton($family, $text));
}

# netdevice(7), SIOCGIFINDEX.
sub index_of {
    my ($name) = @_;
    return $interface_index{$name} //= do {
        socket my $socket, PF_INET, SOCK_DGRAM, 0 or die "socket: $!\n";
        my $request = pack 'a16 x24', $name;
        ioctl $socket, 0x8933, $request or die "interface $name: $!\n";
        unpack 'x16 l', $request;
    };
}

# ---- system calls ------------------------------------------------------------------------------------------------------

sub call {
    my ($name, @arguments) = @_;
    # syscall() passes a string as a pointer and a number as itself; an empty string stands for NULL in a plan.
    my @raw = map { defined && length ? $_ : 0 } @arguments;
    $! = 0;
    syscall($number{$name}, @raw) >= 0 or die "$!\n";
}

# The raw system call behaves as fork(2) does, with new namespaces for the child.
sub clone {
    my ($flags) = @_;
    my $pid = syscall($number{clone}, $flags | SIGCHLD, 0, 0, 0, 0);
    die "clone: $!\n" if $pid < 0;
    return $pid;
}

sub pipe_pair { pipe my $reader, my $writer or die "pipe: $!\n"; return ($reader, $writer) }

sub keep_open { fcntl $_[0], &Fcntl::F_SETFD, 0 }

sub name_process { syscall $number{prctl}, PR_SET_NAME, substr($_[0], 0, 15) . "\0", 0, 0, 0 }

main();
