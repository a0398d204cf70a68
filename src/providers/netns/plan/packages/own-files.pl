# Runs in a machine before APT installs packages (apt.conf(5), DPkg::Pre-Install-Pkgs), where files of the host belong to nobody: the kernel lets no one
# make a second name for those, as dpkg does before it replaces one. So each file that is about to be replaced becomes the machine's own by a copy.
#
# Input: a path of a package a line.
use strict;
use warnings;

while (my $package = <STDIN>) {
    chomp $package;
    open my $list, '-|', 'sh', '-c', 'dpkg-deb --fsys-tarfile "$1" | tar --list --quoting-style=literal', 'sh', $package or next;
    while (my $path = <$list>) {
        chomp $path;
        $path =~ s{^\.?/*}{/};
        own($path);
    }
}

sub own {
    my ($path) = @_;
    my ($mode, $uid) = (lstat $path)[2, 4];
    return unless -f _ && $uid == 65534;
    open my $from, '<:raw', $path or return;
    open my $to, '>:raw', "$path.lab-own" or return;
    while (sysread $from, my $buffer, 1 << 20) { syswrite $to, $buffer }
    close $to or return unlink "$path.lab-own";
    chmod $mode & 07777, "$path.lab-own";
    rename "$path.lab-own", $path;
}
