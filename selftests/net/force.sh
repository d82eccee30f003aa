#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A stack is stopped by force while programs use it, and the module goes.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# force: at once, whoever uses it, and with nothing left behind.
force()
{
	srv pikactl stop --force
	unload
	[ ! -e /sys/module/pika ] || fail "still loaded"
}

# said FILE WHAT: waits until that line is there.
said()
{
	for _ in {1..200}; do
		! grep -q "$2" "$1" || return 0
		sleep 0.1
	done
	cat "$1"
	fail "no '$2' in $1"
}

# knocks N: so many clients connect again and again until reset_module.
knocks()
{
	for ((i = 0; i < $1; i++)); do
		cli outlive knock 10.9.0.1 80 &
	done
}

case__a_stop_by_force_without_sockets_is_a_stop()
{
	start TS1LS1CM1
	force
}

case__calls_return_and_descriptors_are_linux_ones()
{
	start TS1LS1CM1
	serve cli streams hold 7001
	serve cli streams epoll 7000 2
	# Nobody answers there.
	srv ip neigh add 10.9.0.4 lladdr 02:00:00:00:00:04 dev veth0
	srv outlive calls 10.9.0.2 7000 >/tmp/calls.said &
	said /tmp/calls.said ready
	force
	wait $!
	diff - /tmp/calls.said <<-END || fail "not as expected (<)"
	ready
	accept: EINVAL
	poll of a listener: HUP
	select of a listener: 1
	epoll of a listener: HUP
	connect: ECONNABORTED
	recv: ECONNABORTED
	poll: HUP
	epoll: HUP
	send: ECONNABORTED
	fresh connects: 0
	fresh sends: 1
	bound listens: 0
	listener accepts: EINVAL
	listener listens: IN ERR HUP 
	flow receives: ECONNABORTED
	flow receives: 0
	flow sends: EPIPE
	no new ones: EPROTONOSUPPORT
	END
}

case__a_peer_is_told_by_a_reset()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	cli streams aborted 10.9.0.1 80 >/tmp/aborted.said &
	said /tmp/aborted.said connected
	force
	wait $! || fail "no reset"
}

case__workers_under_load_outlive_it()
{
	local left

	start TS1LS1CM1
	serve srv outlive workers 80 4
	knocks 3
	sleep 2
	look
	[ "$(counter ts.passive_opens)" -gt 0 ] || fail "no load"
	force
	for _ in {1..100}; do
		left=$(grep -c '^accept: EINVAL$' "$said_by_server" || true)
		[ "$left" -lt 4 ] || break
		sleep 0.1
	done
	expect_equal "workers that were told" "$left" 4
	kill -0 "$server"
}

# held: bytes that wait in veth0's queue.
held()
{
	srv tc -s -j qdisc show dev veth0 | sed -n 's/.*"backlog":\([0-9]*\).*/\1/p'
}

# arrived: bytes that veth1 has received.
arrived()
{
	cli cat /sys/class/net/veth1/statistics/rx_bytes
}

case__it_is_stopped_while_a_link_holds_packets()
{
	local bytes before

	start TS1LS1CM1
	serve srv outlive workers 80 2
	knocks 2
	serve cli streams hold 7000
	srv tc qdisc add dev veth0 root netem delay 5s
	# It ends when its first segment is on its way, in a page that is PIKA's: as the SYN
	# was sent again, no more than that may be.
	srv streams --pika leave 10.9.0.2 7000
	force
	bytes=$(held)
	before=$(arrived)
	[ "$bytes" -gt 1400 ] || fail "all had left before"
	# They arrive now, and before what Linux may answer.
	for _ in {1..200}; do
		[ "$(arrived)" -lt $((before + bytes)) ] || return 0
		sleep 0.1
	done
	fail "not all of $bytes bytes arrived"
}

case__a_stop_is_refused_before_it_is_forced()
{
	local status=0 said

	start TS1LS1CM1
	serve srv streams --pika hold 80
	said=$(srv pikactl stop 2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	expect_equal "what it says" "$said" "pikactl: pika.ko: programs hold 1 sockets\
 of this stack; end them first, or stop --force"
	force
	kill -0 "$server" || fail "the program has ended"
}

case__a_closed_socket_that_still_sends_is_reset()
{
	start TS1LS1CM1
	serve cli streams hold 7000
	srv streams --pika leave 10.9.0.2 7000
	force
}

case__it_comes_and_goes_under_load()
{
	local n=10

	[ -z "$long" ] || n=50
	[ "${PIKA_KERNEL-}" != debug ] || n=3
	net
	knocks 2
	for ((i = 0; i < n; i++)); do
		load
		srv pikactl start TS1LS1CM1 --link veth0 --max-conns 1024
		serve srv outlive workers 80 2
		cli streams again 10.9.0.1 80 5 1000
		force
		xargs -r kill -9 < <(ip netns pids srv) 2>/dev/null || true
	done
}

run_cases
