use strict; use warnings; use IO::Socket::INET;
$| = 1;
my $s = IO::Socket::INET->new(PeerAddr => 'vm1', PeerPort => 7999) or die "connect: $!";
print "Login: "; chomp(my $name = <STDIN>);
print "Password: "; system('stty', '-echo'); chomp(my $word = <STDIN>); system('stty', 'echo'); print "\n";
print $s "$name\n" . ($word eq 's3cr3t-77' ? 'yes' : 'no') . "\n"; $s->flush;
print scalar <$s>;
