use IO::Socket::INET; $| = 1;
my $s = IO::Socket::INET->new(LocalPort => 7000, Listen => 1, ReuseAddr => 1); print "up\n"; my $n = 0; 1 while ++$n; print "result $n\n";
