#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pikactl connections tells what the servers know of each connection, and who has it.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

connections()
{
	srv pikactl connections "$@"
}

# serve_slowly: accepts at port 80 of both families, sends 5 bytes and reads nothing.
serve_slowly()
{
	serve srv pika-run --require python3 -uc '
from socket import *
listener = socket(AF_INET6, SOCK_STREAM)
listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
listener.bind(("::", 80))
listener.listen(200)
print("listening")
accepted = []
while True:
    accepted.append(listener.accept()[0])
    accepted[-1].sendall(b"hello")'
}

# hold ADDRESS N: N connections from cli, each with 3 bytes sent; sets client. Their ports
# are of flow groups of all servers.
hold()
{
	ip netns exec cli python3 -uc '
import socket, signal, sys
held = [socket.create_connection((sys.argv[1], 80), source_address=("", 20000 + 41 * i))
        for i in range(int(sys.argv[2]))]
for each in held:
    each.sendall(b"abc")
for each in held:
    each.recv(5)
print("held")
signal.pause()' "$@" >/tmp/held &
	client=$!
	for _ in {1..600}; do
		! grep -q held /tmp/held || return 0
		sleep 0.1
	done
	fail "no clients"
}

finish()
{
	kill "$client" "$server" 2>/dev/null || true
	wait "$client" "$server" || true
	rm -f /tmp/held
}

case__a_connection_is_told_with_its_ends_queues_and_process()
{
	start TS1+LS1CM1
	expect_equal "connections before" "$(connections)" ""
	serve_slowly
	hold 10.9.0.1 1
	# The bytes are the program's to read: the server is told of them by and by.
	expect_equal "in words" "$(connections | sed 's/ cpu [0-9]*//')" \
		"established 10.9.0.1:80 10.9.0.2:20000 recv-q 3 send-q 0 server 0 uid 0 pid $server"
	connections --json | python3 -c '
import json, sys
one, = json.load(sys.stdin)["connections"]
assert one["local"] == {"address": "10.9.0.1", "port": 80}, one
assert one["state"] == "established" and one["mss"] == 1448, one
assert 0 < one["rtt_us"] < 10**7 and one["rto_ms"] >= 200, one
assert one["cwnd"] >= 10 * one["mss"] and one["send_window"] > 0, one
assert one["unacked"] == 0 and one["retries"] == 0, one
assert one["owner"]["pids"] == [int(sys.argv[1])], one' "$server"
	grep -q '^  rtt .* rto .* mss 1448 cwnd ' <<<"$(connections --details)" ||
		fail "no details"
	finish
	stop
}

case__each_of_many_is_told_once_and_can_be_chosen()
{
	start TS2LS2CM1
	serve_slowly
	hold fd09::1 100
	expect_equal "all" "$(connections | awk '{ print $3 }' | sort -u | wc -l)" 100
	expect_equal "lines" "$(connections | grep -c '^established \[fd09::1\]:80 ')" 100
	expect_equal "servers" \
		"$(connections | sed 's/.*server \([0-9]*\).*/\1/' | sort -u | paste -sd ,)" 0,1
	expect_equal "of another port" "$(connections --port 81)" ""
	expect_equal "of this port" "$(connections --port 80 | wc -l)" 100
	expect_equal "in another state" "$(connections --state time-wait)" ""
	expect_equal "flows" "$(srv pikactl show --json | sed -n 's/.*"flows": \([0-9]*\).*/\1/p')" 100
	finish
	stop
}

case__what_was_closed_waits_without_an_owner()
{
	start TS1LS1CM1
	serve srv pika-run --require python3 -uc '
from socket import *
listener = socket()
listener.bind(("", 80))
listener.listen()
print("listening")
listener.accept()[0].close()'
	cli python3 -c '
import socket
one = socket.create_connection(("10.9.0.1", 80), source_address=("", 20000))
one.recv(1)'
	wait "$server"
	for _ in {1..100}; do
		[[ $(connections) != time-wait* ]] || break
		sleep 0.1
	done
	expect_equal "in words" "$(connections)" \
		"time-wait 10.9.0.1:80 10.9.0.2:20000 recv-q 0 send-q 0 server 0"
	stop
}

# As with ss; whose process it is, /proc does not tell him.
case__anybody_may_ask_and_sees_no_process_of_another()
{
	local said

	start TS1LS1CM1
	serve_slowly
	hold 10.9.0.1 1
	said=$(srv setpriv --reuid 65534 --regid 65534 --clear-groups pikactl connections)
	[[ $said == "established 10.9.0.1:80 "*" uid 0" ]] || fail "says '$said'"
	! cli pikactl connections 2>/dev/null || fail "told in another namespace"
	finish
	stop
}

# Asked all the time while they come and go: none is told half. One stays.
case__they_may_come_and_go_while_they_are_read()
{
	local asker held states

	start TS2LS2CM1
	serve srv streams --pika epoll 80 61
	ip netns exec cli python3 -c '
import socket, time
held = socket.create_connection(("10.9.0.1", 80))
time.sleep(60)' &
	held=$!
	for _ in {1..200}; do
		[[ $(connections) != established* ]] || break
		sleep 0.1
	done
	srv bash -c 'while :; do pikactl connections || exit 1; sleep 0.2; done' >/tmp/told 2>&1 &
	asker=$!
	cli streams ask 10.9.0.1 80 60 100
	for _ in {1..100}; do
		[ ! -s /tmp/told ] || break
		sleep 0.1
	done
	kill "$held"
	wait "$server"
	kill "$asker" || fail "$(tail -n 1 /tmp/told)"
	wait "$asker" || true
	grep -q '^established' /tmp/told || fail "nothing is told"
	states='(established|syn-recv|fin-wait-[12]|close-wait|last-ack|closing|time-wait)'
	! grep -vE "^$states 10\.9\.0\.1:80 10\.9\.0\.2:[0-9]+ recv-q [0-9]+ send-q [0-9]+ server [01]( |\$)" \
		/tmp/told || fail "not so"
	rm /tmp/told
	stop
}

case__without_a_stack_there_is_nothing_to_tell()
{
	local status=0 said

	net
	load
	said=$(connections 2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	expect_equal "what it says" "$said" \
		"pikactl: pika.ko: no stack is started in this namespace"
}

run_cases
