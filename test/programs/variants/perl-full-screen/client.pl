use strict; use warnings; use IO::Socket::INET;
$| = 1;
my $s = IO::Socket::INET->new(PeerAddr => 'vm1', PeerPort => 7999) or die "connect: $!";
# Each text is painted where it belongs, the label after what stands behind it.
print "\e[?1049h\e[2J\e[1;1H\e[7m CHAT \e[0m";
while (1) {
  print "\e[22;1H[F1 help]\e[23;1H\e[Ks\e[23;2Hay: \e[23;6H"; chomp(my $line = <STDIN>); last if $line eq 'bye';
  $s->send($line); $s->recv(my $answer, 100); print "\e[3;1Hans\e[3;4Hwer: $answer";
}
print "\e[?1049l";
