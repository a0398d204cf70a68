#!/usr/bin/perl
# Loads the rules of a lab's way out, and keeps their sets "own4" and "own6" equal to the addresses of the host, also those that come later:
# slirp4netns connects from the host itself, so to the host's own services a machine would be the host.
#
# Usage: address-guard.pl READY SETNS NFT <RULES
# Started in the network of the host, it goes over to that of the lab's init (PID 1 here) and writes a byte to the descriptor READY when the rules hold. SETNS is the number
# of setns(2). Facts: rtnetlink(7), netlink(7).
use strict;
use warnings;
use Errno ();
use Socket qw(AF_INET AF_INET6 SOCK_RAW inet_ntop);

use constant { AF_NETLINK => 16, RTMGRP_IFADDR => 0x10 | 0x100, NLMSG_DONE => 3, RTM_NEWADDR => 20, RTM_GETADDR => 22, NLM_F_REQUEST_DUMP => 0x301, IFA_ADDRESS => 1, IFA_LOCAL => 2, CLONE_NEWNET => 0x40000000 };

my ($ready, $setns, @nft) = @ARGV;
my $rules = join '', <STDIN>;
my %set_of = (AF_INET() => 'own4', AF_INET6() => 'own6');
my %known;

# The groups are joined before the first question, so that no address falls between them.
socket my $netlink, AF_NETLINK, SOCK_RAW, 0 or die "netlink: $!\n";
bind $netlink, pack 'S S L L', AF_NETLINK, 0, 0, RTMGRP_IFADDR or die "netlink: $!\n";
ask();
until (receive()) { }
enter_network_of_lab();
load($rules . elements()) or die "$nft[0]: the rules were refused\n";
open my $answer, '>&=', $ready or die "descriptor $ready: $!\n";
syswrite $answer, '1';
close $answer;
while (1) {
    receive();
    my $added = elements();
    load($added) if $added ne '';
}

# struct nlmsghdr and struct ifaddrmsg of all families.
sub ask { send $netlink, pack('L S S L L x8', 24, RTM_GETADDR, NLM_F_REQUEST_DUMP, 1, 0), 0 or die "netlink: $!\n" }

# Notes the addresses of one packet of messages; true when the answer to a question ends in it.
sub receive {
    my $done = 0;
    if (!defined recv $netlink, my $packet, 1 << 16, 0) {
        die "netlink: $!\n" unless $!{ENOBUFS} || $!{EINTR};
        # There was more to tell than the kernel keeps, and some of it is lost.
        ask();
    }
    else {
        while (length $packet >= 16) {
            my ($length, $type) = unpack 'L S', $packet;
            last if $length < 16 || $length > length $packet;
            note(substr $packet, 16, $length - 16) if $type == RTM_NEWADDR;
            $done = 1 if $type == NLMSG_DONE;
            substr $packet, 0, ($length + 3) & ~3, '';
        }
    }
    return $done;
}

sub note {
    my ($message) = @_;
    my $family = unpack 'C', $message;
    return unless $set_of{$family};
    my ($at, %attribute) = 8;
    while ($at + 4 <= length $message) {
        my ($length, $type) = unpack 'S S', substr $message, $at, 4;
        last if $length < 4;
        $attribute{$type} = substr $message, $at + 4, $length - 4;
        $at += ($length + 3) & ~3;
    }
    # On a link with two ends IFA_ADDRESS is the other one's.
    my $bytes = $attribute{ +IFA_LOCAL } // $attribute{ +IFA_ADDRESS };
    $known{$family}{ inet_ntop($family, $bytes) } //= 'new' if defined $bytes;
}

# nft(8) commands that add what is not in the sets yet.
sub elements {
    my $commands = '';
    for my $family (keys %set_of) {
        my $addresses = $known{$family} // {};
        my @new = grep { $addresses->{$_} eq 'new' } sort keys %$addresses;
        $commands .= "add element inet lab $set_of{$family} { " . join(', ', @new) . " }\n" if @new;
        $addresses->{$_} = 'kept' for @new;
    }
    return $commands;
}

sub load {
    my ($commands) = @_;
    open my $nft, '|-', @nft, '-f', '-' or return 0;
    print $nft $commands;
    return close $nft;
}

sub enter_network_of_lab {
    open my $network, '<', '/proc/1/ns/net' or die "/proc/1/ns/net: $!\n";
    syscall($setns + 0, fileno $network, CLONE_NEWNET) >= 0 or die "setns: $!\n";
}
