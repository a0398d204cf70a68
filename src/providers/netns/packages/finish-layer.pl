# Runs as root in the machine on which packages were installed, with the folder of its own layer as argument. Removes what belongs to that machine alone,
# gives all files to root, so that whoever owns the cache can remove them, and tells on standard output, a line each, fields separated by tabs, with bytes
# that would disturb that as %XX: "passwd LINE" and "group LINE" of the machine's accounts, "owner PATH UID GID MODE" of what did not belong to root.
use strict;
use warnings;
use Fcntl ':mode';

chdir $ARGV[0] or die "$ARGV[0]: $!\n";

my @of_machine = (
    map({ ("etc/$_", "etc/$_-") } qw(passwd shadow group gshadow subuid subgid)),
    qw(etc/.pwd.lock etc/hostname etc/hosts etc/machine-id etc/resolv.conf etc/sudoers etc/ssh),
    qw(var/log/apt var/log/dpkg.log var/log/alternatives.log var/log/auth.log var/log/faillog var/log/lastlog var/cache/apt var/cache/ldconfig var/run),
    qw(var/lib/dpkg var/lib/apt dpkg/lock dpkg/lock-frontend dpkg/status-old dpkg/triggers/Lock apt/lists opt/lab),
);

for my $kind (qw(passwd group)) {
    open my $file, '<', "etc/$kind" or next;
    while (my $line = <$file>) { chomp $line; report($kind, $line) }
}
system 'rm', '-rf', '--', @of_machine;
# Folders that each machine has.
rmdir for qw(var/lib var/log var/cache var opt apt);
own_below('.');

sub own_below {
    my ($folder) = @_;
    opendir my $entries, $folder or die "$folder: $!\n";
    for my $name (grep { !/^\.\.?\z/ } readdir $entries) {
        my $path = $folder eq '.' ? $name : "$folder/$name";
        own($path);
        own_below($path) if -d $path && !-l $path;
    }
}

sub own {
    my ($path) = @_;
    my ($mode, $uid, $gid) = (lstat $path)[2, 4, 5];
    my $needed = S_ISDIR($mode) ? 0700 : 0400;
    if (S_ISLNK($mode)) { system 'chown', '-h', '0:0', '--', $path if $uid || $gid; return }
    # A file that hides another, see Documentation/filesystems/overlayfs.rst.
    return if S_ISCHR($mode);
    return if !$uid && !$gid && ($mode & $needed) == $needed;
    report('owner', $path, $uid, $gid, sprintf '%o', S_IMODE($mode));
    chown 0, 0, $path or die "$path: $!\n";
    chmod S_IMODE($mode) | $needed, $path or die "$path: $!\n";
}

sub report { print join("\t", map { s/([%\t\n\r\0-\x08])/sprintf '%%%02X', ord $1/egr } @_), "\n" }
