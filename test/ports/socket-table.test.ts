import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSocketTable } from '../../src/ports/socket-table.ts';
import { formatIPv6 } from '../../src/core/ipv6.ts';
import { parseProcAddress, splitAddress } from '../../src/core/socket-address.ts';

/** `STATE ADDRESS PORT PEER INODE UID PID` of each row. */
function rowsOf(...[source, text]: [Parameters<typeof parseSocketTable>[0], string]): string[] {
  return parseSocketTable(source, text, 7999).map(({ state, address, port, peer, inode, uid, pid }) =>
    [state, address, port, peer, inode ?? '-', uid ?? '-', pid ?? '-'].join(' '),
  );
}

test('ss of iproute2 6.1: IPv4, IPv6, dual stack, a bound device, clients and TIME_WAIT', () => {
  const text = `State     Recv-Q Send-Q Local Address:Port Peer Address:Port Process
LISTEN    0      1          127.0.0.1:7999      0.0.0.0:*     ino:27964 sk:1 cgroup:/ <->
LISTEN    0      1      192.168.100.4%eth0:7999      0.0.0.0:*     uid:1000 ino:27970 sk:1 cgroup:/user.slice <->
LISTEN    0      1              [::1]:7999         [::]:*     uid:1001 ino:27965 sk:3 cgroup:/ v6only:1 <->
LISTEN    0      511                *:7999            *:*     uid:1001 ino:27966 sk:3 cgroup:/evil ino:1 v6only:0 <->
TIME-WAIT 0      0          127.0.0.1:7999    127.0.0.1:39788 timer:(timewait,59sec,0) ino:0 sk:2
ESTAB     0      0      [::ffff:192.168.100.4]:7999 [::ffff:192.168.100.5]:36222 uid:1000 ino:30001 sk:5 cgroup:/ <->
CLOSE-WAIT 1     0          127.0.0.1:7999    127.0.0.1:39790 uid:1000 ino:30002 sk:6 <->
LISTEN    0      1          127.0.0.1:17999      0.0.0.0:*     ino:27969 sk:1 cgroup:/ <->`;
  assert.deepEqual(rowsOf('ss', text), [
    'LISTEN 127.0.0.1 7999 0.0.0.0:* 27964 0 -',
    'LISTEN 192.168.100.4%eth0 7999 0.0.0.0:* 27970 1000 -',
    'LISTEN ::1 7999 [::]:* 27965 1001 -',
    'LISTEN :: 7999 *:* 27966 1001 -',
    'TIME_WAIT 127.0.0.1 7999 127.0.0.1:39788 - - -',
    'ESTABLISHED ::ffff:192.168.100.4 7999 [::ffff:192.168.100.5]:36222 30001 1000 -',
    'CLOSE_WAIT 127.0.0.1 7999 127.0.0.1:39790 30002 1000 -',
  ]);
});

test('/proc/net/tcp and tcp6, with their headings', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F3F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 27964 1 00000000d3786aa0 100 0 0 10 0
   1: 0464A8C0:1F3F 0564A8C0:8D7E 01 00000000:00000000 00:00000000 00000000  1000        0 30001 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:1F3F 0100007F:9B6C 06 00000000:00000000 03:00001714 00000000     0        0 0 3 000000005a409e1a
   3: 0100007F:8D7E 0100007F:1F3F 01 00000000:00000000 00:00000000 00000000     0        0 30005 1 0000000000000000 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1F3F 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 27965 1 00000000d3786aa0 100 0 0 10 0
   1: 0000000000000000FFFF00000464A8C0:1F3F 0000000000000000FFFF00000564A8C0:8D7E 08 00000000:00000000 00:00000000 00000000  1000        0 30007 1 0000000000000000 20 4 30 10 -1
   2: B80D0120000000000000000034120000:1F3F 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 27967 1 00000000d3786aa0 100 0 0 10 0`;
  assert.deepEqual(rowsOf('proc', text), [
    'LISTEN 127.0.0.1 7999 0.0.0.0:0 27964 0 -',
    'ESTABLISHED 192.168.100.4 7999 192.168.100.5:36222 30001 1000 -',
    'TIME_WAIT 127.0.0.1 7999 127.0.0.1:39788 - - -',
    'LISTEN ::1 7999 [::]:0 27965 1001 -',
    'CLOSE_WAIT ::ffff:192.168.100.4 7999 [::ffff:192.168.100.5]:36222 30007 1000 -',
    'LISTEN 2001:db8::1234 7999 [::]:0 27967 1001 -',
  ]);
});

test('lsof, with a client and a row of another local port', () => {
  const text = String.raw`COMMAND   PID    USER   FD   TYPE  DEVICE SIZE/OFF NODE NAME
python3  6472 ildvm1    3u  IPv4   27964      0t0  TCP 127.0.0.1:7999 (LISTEN)
my\x20srv 6473 ildvm1    4u  IPv6   27965      0t0  TCP *:7999 (LISTEN)
nc       6474 ildvm1    5u  IPv4   27966      0t0  TCP *:7999 (LISTEN)
python3  6472 ildvm1    6u  IPv4   27970      0t0  TCP 192.168.100.4:7999->192.168.100.5:36222 (ESTABLISHED)
python3  6480 ildvm1    3u  IPv4   27971      0t0  TCP 192.168.100.4:40000->192.168.100.5:7999 (ESTABLISHED)`;
  assert.deepEqual(rowsOf('lsof', text), [
    'LISTEN 127.0.0.1 7999 *:* - - 6472',
    'LISTEN :: 7999 *:* - - 6473',
    'LISTEN 0.0.0.0 7999 *:* - - 6474',
    'ESTABLISHED 192.168.100.4 7999 192.168.100.5:36222 - - 6472',
  ]);
});

test('netstat of Linux, of busybox and of macOS', () => {
  const linux = `Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 127.0.0.1:7999          0.0.0.0:*               LISTEN      6472/python3
tcp        0      0 0.0.0.0:7999            0.0.0.0:*               LISTEN      -
tcp        0      0 127.0.0.1:7999          127.0.0.1:39788         TIME_WAIT   -
tcp6       0      0 :::7999                 :::*                    LISTEN      11663/sshd: /usr/sb`;
  assert.deepEqual(rowsOf('netstat', linux), [
    'LISTEN 127.0.0.1 7999 0.0.0.0:* - - 6472',
    'LISTEN 0.0.0.0 7999 0.0.0.0:* - - -',
    'TIME_WAIT 127.0.0.1 7999 127.0.0.1:39788 - - -',
    'LISTEN :: 7999 :::* - - 11663',
  ]);
  const busybox = `Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 ::ffff:10.0.0.1:7999    ::ffff:10.0.0.2:5000    ESTABLISHED 77/server`;
  assert.deepEqual(rowsOf('netstat', busybox), ['ESTABLISHED ::ffff:10.0.0.1 7999 ::ffff:10.0.0.2:5000 - - 77']);
  const macos = `Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  127.0.0.1.7999         *.*                    LISTEN
tcp46      0      0  *.7999                 *.*                    LISTEN`;
  assert.deepEqual(rowsOf('netstat', macos), ['LISTEN 127.0.0.1 7999 *.* - - -', 'LISTEN :: 7999 *.* - - -']);
});

test('output that is cut or foreign gives no rows', () => {
  for (const source of ['ss', 'proc', 'lsof', 'netstat'] as const) {
    assert.deepEqual(rowsOf(source, ''), []);
    assert.deepEqual(rowsOf(source, 'command not found\nLISTEN\n   0: 0100007F\ntcp 0 0\nx 1 y'), []);
  }
});

test('IPv6 addresses are written as RFC 5952 wants them', () => {
  assert.equal(formatIPv6([0, 0, 0, 0]), '::');
  assert.equal(formatIPv6([0, 0, 0, 1]), '::1');
  assert.equal(formatIPv6([0x2001_0db8, 0, 0x0001_0000, 0]), '2001:db8:0:0:1::');
  assert.equal(formatIPv6([0x2001_0db8, 0x0000_0001, 0x0001_0001, 0x0001_0001]), '2001:db8:0:1:1:1:1:1');
  assert.equal(formatIPv6([0xfe80_0000, 0, 0, 1]), 'fe80::1');
  assert.equal(parseProcAddress('xyz:1F3F'), undefined);
  assert.deepEqual(splitAddress('[fe80::1%eth0]:22'), { address: 'fe80::1%eth0', port: 22 });
  assert.equal(splitAddress('0.0.0.0:*'), undefined);
});
