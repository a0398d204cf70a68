#!/usr/bin/perl
use IO::Socket::INET;
IO::Socket::INET->new(LocalPort => 7999, Listen => 1)->accept;
