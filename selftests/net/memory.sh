#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What connections hold of memory is little, counted and charged: to the socket
# and to the cgroup of its program.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

group=/sys/fs/cgroup/pika

# A program that accepts COUNT connections and reads nothing. On SIGUSR1 it reads all
# of all, which must be the letters in their order, and says how many there were.
holder='
import signal, socket, sys
protocol, port, count = (int(word) for word in sys.argv[1:])
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
listener.bind(("0.0.0.0", port))
listener.listen(256)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
print("listening", flush=True)
peers = [listener.accept()[0] for _ in range(count)]
print("accepted", flush=True)
signal.sigwait([signal.SIGUSR1])
total = 0
for peer in peers:
    peer.settimeout(60)
    at = 0
    while data := peer.recv(65536):
        for byte in data:
            assert byte == 97 + at % 26, f"byte {at}: {byte}"
            at += 1
    total += at
print("read", total, flush=True)
'

# One that connects COUNT times and sends BYTES over each, so many in a call, without
# waiting for room if it says so; then waits for its end.
sender='
import signal, socket, sys
host, port, count, size, step, wait = sys.argv[1:]
count, size, step = int(count), int(size), int(step)
letters = bytes(97 + i % 26 for i in range(size))
peers = []
for _ in range(count):
    peer = socket.create_connection((host, int(port)))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.setblocking(wait == "wait")
    peers.append(peer)
for at in range(0, size, step):
    for peer in peers:
        try:
            peer.send(letters[at:at + step])
        except BlockingIOError:
            pass
print("listening", flush=True)
signal.pause()
'

# of_kernel NAME: KB, from /proc/meminfo.
of_kernel()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# of_group NAME: bytes, from memory.stat.
of_group()
{
	awk -v name="$1" '$1 == name { print $2 }' "$group/memory.stat"
}

# says FILE TEXT: waits until it does.
says()
{
	for _ in {1..600}; do
		! grep -q "$2" "$1" || return 0
		sleep 0.1
	done
	fail "never said: $2"
}

# hold COUNT [SHELL-COMMAND]: a holder, after that command; sets holding.
hold()
{
	: >/tmp/holder.said
	(
		eval "${2-}"
		exec ip netns exec srv python3 -u -c "$holder" 253 80 "$1"
	) >/tmp/holder.said &
	holding=$!
	says /tmp/holder.said listening
}

# fill COUNT BYTES STEP WAIT: a sender to the holder has done what it can; sets sending.
fill()
{
	: >/tmp/sender.said
	ip netns exec cli python3 -u -c "$sender" 10.9.0.1 80 "$@" >/tmp/sender.said &
	sending=$!
	says /tmp/sender.said listening
}

# let_read BYTES: the sender ends, and the holder reads all.
let_read()
{
	kill "$sending"
	wait "$sending" || true
	kill -USR1 "$holding"
	wait "$holding" || fail "the program has failed"
	[ -z "${1-}" ] || grep -q "^read $1$" /tmp/holder.said || fail "not all was read"
}

case__small_segments_that_nobody_reads_hold_little_memory_and_arrive()
{
	local before more

	start TS1LS1CM1
	hold 50
	before=$(of_kernel SUnreclaim)
	fill 50 400 1 wait
	sleep 1
	more=$(($(of_kernel SUnreclaim) - before))
	echo "$more KB for 20000 segments"
	[ "$more" -lt 6000 ] || fail "$more KB more"
	let_read 20000
	opened 50
	stop
}

# No more than that: what comes in softirq is charged beyond the limit, too.
case__a_cgroup_is_charged_and_gets_all_back()
{
	local most=$((32 << 20)) sock

	grep -q memory /sys/fs/cgroup/cgroup.controllers || skip "no memory controller"
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p "$group"
	echo "$most" >"$group/memory.max"
	start TS1LS1CM1
	hold 200 "echo \$BASHPID >$group/cgroup.procs"
	fill 200 120000 120000 no
	sleep 2
	sock=$(of_group sock)
	echo "sock $sock of $(cat "$group/memory.current")"
	[ "$sock" -gt 4000000 ] || fail "sock: $sock"
	grep -q '^oom_kill 0$' "$group/memory.events" || fail "killed"
	let_read
	opened 200
	stop
	expect_equal "sock at the end" "$(of_group sock)" 0
}

case__buffers_are_as_large_as_the_program_says()
{
	start TS1LS1CM1
	offload srv veth0 off
	offload cli veth1 off
	serve cli python3 -u -c '
import socket, time
listener = socket.create_server(("0.0.0.0", 7000))
print("listening", flush=True)
peer = listener.accept()[0]
peer.setblocking(False)
for _ in range(20):
    try:
        peer.send(bytes(1000000))
    except BlockingIOError:
        time.sleep(0.1)
time.sleep(60)'
	srv python3 - <<-'END'
	import socket, struct, time
	def info(s):
	    names = "rmem rcvbuf wmem sndbuf fwd queued opt backlog drops".split()
	    return dict(zip(names, struct.unpack("9I", s.getsockopt(1, 55, 36))))
	s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)
	for option in socket.SO_RCVBUF, socket.SO_SNDBUF:
	    s.setsockopt(socket.SOL_SOCKET, option, 20000)
	    assert s.getsockopt(socket.SOL_SOCKET, option) == 40000
	s.connect(("10.9.0.2", 7000))
	s.setblocking(False)
	sent = 0
	try:
	    while True:
	        sent += s.send(bytes(1000))
	except BlockingIOError:
	    pass
	time.sleep(3)
	try:
	    while True:
	        sent += s.send(bytes(1000))
	except BlockingIOError:
	    pass
	got = info(s)
	print(sent, got)
	assert 20000 < got["rmem"] < 40000 + 8192, got
	assert got["queued"] <= 40000 + 1024, got
	s.close()
	END
	kill "$server"
	wait "$server" || true
	opened 0 1
	stop
}

run_cases
