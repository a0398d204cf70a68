use strict; use Net::Server::Of::The::Lecture;
Net::Server::Of::The::Lecture->run(port => 3001);
