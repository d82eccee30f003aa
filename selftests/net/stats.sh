#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pikactl stats tells what has happened, by server, component and event.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

case__a_connection_is_counted_by_all_who_had_to_do_with_it()
{
	start TS1LS1CM1
	look
	expect_equal "claims before" "$(counter ts.claims)" 0
	serve srv streams --pika serve 80 3
	cli streams ask 10.9.0.1 80 3 1000
	wait "$server"
	look
	for name in link.syns cm.admitted ts.passive_opens ts.established cm.established \
		ts.claims cm.claimed received.CLOSE; do
		expect_equal "$name" "$(counter "$name")" 3
	done
	expect_equal link.transmitted "$(counter link.transmitted)" "$(counter ts.frames_out)"
	expect_equal received.LISTEN "$(counter received.LISTEN)" 1
	expect_equal endpoint.stray "$(counter endpoint.stray)" 0
	grep -q '^  ts\.claims  *3  connections claimed$' <<<"$(srv pikactl stats)" ||
		fail "without what it means"
	stop
}

# For Python in cli: send() gives a segment from one of its addresses to our port 80.
raw='
import os, socket, struct, time
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def send(port, flags, seq=1, ack=1, options=b"", payload=b"", here="10.9.0.2", error=0):
    tcp = struct.pack("!HHIIBBHHH", port, 80, seq % 2**32, ack % 2**32,
                      (20 + len(options)) * 4, flags, 100, 0, 0) + options + payload
    pseudo = socket.inet_aton(here) + socket.inet_aton("10.9.0.1") + struct.pack("!HH", 6, len(tcp))
    check = checksum(pseudo + tcp + bytes(len(tcp) % 2)) ^ error
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    raw.bind((here, 0))
    raw.sendto(tcp[:16] + struct.pack("!H", check) + tcp[18:], ("10.9.0.1", 0))
FIN, SYN, RST, PSH, ACK = (1 << bit for bit in range(5))
'

# in_cli SCRIPT: Python that can send what no TCP would.
in_cli()
{
	cli python3 -c "$raw$1"
}

# counted NAME [N]: waits until it is N, by default one or more.
counted()
{
	for _ in {1..100}; do
		look
		[ "$(counter "$1")" -lt "${2-1}" ] || break
		sleep 0.1
	done
	[ "$(counter "$1")" -ge 1 ] || fail "$1 is 0"
	expect_equal "$1" "$(counter "$1")" "${2-$(counter "$1")}"
}

# Segments for our port: of a flow that does not exist, and with a wrong checksum.
case__what_is_refused_is_counted_with_its_reason()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	in_cli '
for error in 1, 1, 1, 0, 0, 0, 0, 0:
    send(5555, ACK, error=error)'
	counted ts.no_flow 5
	counted device.checksum 3
	kill "$server"
	wait "$server" || true
	stop
}

# A connection of Linux's, which tells its numbers, and segments that are not its own.
case__what_a_connection_cannot_take_is_counted_with_its_reason()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	in_cli '
REPAIR, QUEUE, SEQ, TIMESTAMP = 19, 20, 21, 24
connection = socket.create_connection(("10.9.0.1", 80))
def numbers():
    yield connection.getsockname()[1]
    connection.setsockopt(6, REPAIR, 1)
    for queue in 2, 1:
        connection.setsockopt(6, QUEUE, queue)
        yield connection.getsockopt(6, SEQ) % 2**32
    yield connection.getsockopt(6, TIMESTAMP) % 2**32
    connection.setsockopt(6, REPAIR, -1)
port, seq, ack, now = numbers()
for _ in range(2):
    send(port, ACK, seq + 2**30, ack)
for _ in range(3):
    send(port, ACK, seq, ack + 2**20)
for _ in range(4):
    send(port, PSH, seq, ack)
for _ in range(6):
    send(port, ACK, seq + 10, ack, payload=b"x")
old = struct.pack("!BBBBII", 1, 1, 8, 10, (now - 100000) % 2**32, 0)
for _ in range(6):
    send(port, ACK, seq, ack, options=old)
time.sleep(1)'
	counted ts.dropped_window 2
	counted ts.dropped_ack 3
	counted ts.dropped_state 4
	counted ts.dropped_duplicate 5
	counted ts.dropped_paws 6
	kill "$server"
	wait "$server" || true
	stop
}

# crowd PORT COUNT: so many connections that stay, or try to; sets clients.
crowd()
{
	ip netns exec cli python3 -c '
import signal, socket, sys
port, count = (int(word) for word in sys.argv[1:])
all = [socket.socket() for _ in range(count)]
for each in all:
    each.setblocking(False)
    each.connect_ex(("10.9.0.1", port))
signal.pause()' "$@" &
	clients=$!
}

# listen PORT BACKLOG TAKES: a server that keeps so many connections.
listen()
{
	serve srv python3 -uc '
import signal, socket, sys
port, backlog, takes = (int(word) for word in sys.argv[1:])
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)
listener.bind(("", port))
listener.listen(backlog)
print("listening")
taken = [listener.accept() for _ in range(takes)]
signal.pause()' "$@"
}

# go PID...: they end, and with them their connections.
go()
{
	kill "$@"
	wait "$@" || true
}

# With 256 flows 128 may wait to be accepted, 64 be in their handshake, and 192 be of one
# listener.
case__syns_without_room_are_counted_with_their_reason()
{
	net
	load
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 256
	listen 80 400 0
	# What goes there is nobody's, so that no handshake ends.
	cli ip addr add 10.9.0.4/24 dev veth1
	srv ip neigh add 10.9.0.4 lladdr 02:00:00:00:00:04 dev veth0
	in_cli '
for flags, seq in (SYN, 1), (RST, 2):
    for port in range(65):
        send(5000 + port, flags, seq, here="10.9.0.4")'
	# A quarter of 256 may be open, and three quarters of that for one listener.
	counted cm.syn_half_open $((65 - 48))
	crowd 80 129
	counted cm.syn_no_room
	go "$clients" "$server"
	listen 80 1 0
	# More than may be open at once: who tries again finds the backlog full.
	crowd 80 60
	counted cm.syn_backlog
	go "$clients" "$server"
	listen 80 400 193
	crowd 80 193
	counted cm.syn_quota
	listen 81 400 65
	expect_equal ts.no_tcb "$(counter ts.no_tcb)" 0
	ip netns exec cli streams hold 7000 >/dev/null &
	srv python3 -c '
import socket
all = [socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253) for _ in range(65)]
for each in all:
    each.connect_ex(("10.9.0.2", 7000))'
	counted ts.no_tcb
	xargs -r kill < <(ip netns pids srv; ip netns pids cli)
	wait
	stop
}

case__frames_without_a_way_are_counted()
{
	start TS1LS1CM1
	serve srv streams --pika serve 80 1
	in_cli '
connection = socket.create_connection(("10.9.0.1", 80))
os.system("ip -n srv route del 10.9.0.0/24")
connection.sendall(b"x")
time.sleep(0.5)
os.system("ip -n srv route add 10.9.0.0/24 dev veth0 src 10.9.0.1")
assert connection.recv(1) == b"x"'
	wait "$server"
	counted device.unroutable
	stop
}

# Those that no case here provokes: a frame that a rule forbids is in firewall.sh; to fill
# a ring, the memory of a connection or its places beyond a hole takes luck with time, and
# is in unit tests and packet scripts, as are segments that cannot be read, which the device
# drops before a server sees them (link.malformed, link.checksum, cm.syn_malformed,
# ts.dropped_malformed); memory that is short, a device that goes while its packet is given
# back, and a program that closes while a packet is on its way to it nobody can order.
case__every_reason_for_a_drop_has_its_counter()
{
	local reasons name

	reasons=$(sed -n 's|^\W\W\([a-z]*\.[a-z_]*\)\W\W .*|\1|p' \
		"$(dirname "$0")/../../Documentation/drops.rst")
	[ "$(wc -l <<<"$reasons")" -gt 25 ] || fail "only $reasons"
	start TS1LS1CM1
	look
	for name in $reasons; do
		expect_equal "$name" "$(counter "$name")" 0
	done
	stop
}

case__each_server_tells_of_its_own_components()
{
	start TS1+LS1CM1
	srv pikactl stats --json | python3 -c '
import json, sys
stats = json.load(sys.stdin)
transport, link = stats["servers"]
assert transport.keys() == {"core", "ts", "device", "dispatch", "received", "sent"}, transport.keys()
assert link.keys() == {"core", "link", "cm", "device", "dispatch", "received", "sent"}, link.keys()
assert [transport["core"], link["core"]] == [0, 1]
assert {endpoint["core"] for endpoint in stats["endpoints"]} >= {0, 1}'
	stop
}

case__by_default_only_what_was_seen_is_printed_and_anybody_may_ask()
{
	local said

	start TS1LS1CM1
	said=$(srv setpriv --reuid 65534 --regid 65534 --clear-groups pikactl stats)
	expect_equal "first line" "$(head -n 1 <<<"$said")" "server 0 core 0"
	! grep -E '^  [^ ]+ +0( |$)' <<<"$said" || fail "a zero"
	grep -qE '^  ts\.claims +0 ' <<<"$(srv pikactl stats --all)" || fail "no zero"
	! cli pikactl stats 2>/dev/null || fail "told in another namespace"
	stop
}

case__without_a_stack_there_is_nothing_to_tell()
{
	local status=0 said

	net
	load
	said=$(srv pikactl stats 2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	expect_equal "what it says" "$said" \
		"pikactl: pika.ko: no stack is started in this namespace"
}

run_cases
