#!/usr/bin/env ruby-of-the-lecture
require 'socket'
TCPServer.new(7999).accept
