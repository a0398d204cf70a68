use strict; use warnings; use IO::Socket::INET;
print "started\n";
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 9) or die "connect: $!";
print "finished\n";
