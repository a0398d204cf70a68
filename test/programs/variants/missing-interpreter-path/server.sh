#!/usr/local/bin/ksh93
echo up
