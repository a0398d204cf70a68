use strict; use warnings; use IO::Socket::INET; use POSIX 'setsid';
my $s = IO::Socket::INET->new(LocalPort => 7999, Listen => 1, ReuseAddr => 1) or die $!;
$SIG{HUP} = 'IGNORE'; if (fork) { print "started\n"; exit 0 }
setsid(); my $c = $s->accept; $c->recv(my $line, 100); $c->send("ok $line"); sleep 30;
