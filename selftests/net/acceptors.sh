#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pikactl acceptors tells how the processes do that accept.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

acceptors()
{
	srv pikactl acceptors "$@"
}

case__each_worker_is_told_with_what_it_has_claimed()
{
	local workers

	start TS1LS1CM1
	expect_equal "before" "$(acceptors)" ""
	serve srv streams --pika workers 80 3 40
	cli streams ask 10.9.0.1 80 39 100
	workers=$(pgrep -P "$server" | sort -n | paste -sd ,)
	acceptors --json | python3 -c '
import json, sys
told = json.load(sys.stdin)["acceptors"]
assert all(a["listener"]["port"] == 80 and a["server"] == 0 for a in told), told
assert {a["pid"] for a in told} <= set(map(int, sys.argv[1].split(","))), told
assert sum(a["claimed"] for a in told) == 39, told
assert all(a["open"] <= 1 and a["offers"] <= 1 for a in told), told
assert all(a["service_us"] > 0 for a in told if a["claimed"] > 1), told' "$workers"
	cli streams ask 10.9.0.1 80 1 100
	wait "$server"
	expect_equal "when it listens no more" "$(acceptors)" ""
	stop
}

# One that does not claim in time loses its offer as soon as another one is there.
case__who_does_not_claim_is_absent_and_its_timeout_is_counted()
{
	start TS1LS1CM1
	serve srv pika-run --require python3 -uc '
from socket import *
import select, time
listener = socket()
listener.bind(("", 80))
listener.listen(8)
listener.setblocking(False)
waits = select.poll()
waits.register(listener, select.POLLIN)
waits.poll(0)
print("listening")
time.sleep(60)'
	cli python3 -c '
import socket, time
held = socket.create_connection(("10.9.0.1", 80))
time.sleep(1)' &
	for _ in {1..100}; do
		[[ $(acceptors) != *" timeouts 1 "* ]] || break
		sleep 0.1
	done
	expect_equal "in words" "$(acceptors | sed 's/ cpu [0-9]*//')" \
		"acceptor $server listener 0.0.0.0:80 server 0 absent offers 1 open 0 claimed 0 timeouts 1 service-us 0 claim-us 0"
	kill "$server"
	wait || true
	stop
}

case__without_a_stack_there_is_nothing_to_tell()
{
	local status=0 said

	net
	load
	said=$(acceptors 2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	expect_equal "what it says" "$said" \
		"pikactl: pika.ko: no stack is started in this namespace"
}

run_cases
