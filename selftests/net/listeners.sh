#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pikactl listeners tells who listens by PIKA, and who accepts.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

listeners()
{
	srv pikactl listeners "$@"
}

case__workers_that_accept_are_named()
{
	local workers

	start TS1LS1CM1
	expect_equal "listeners before" "$(listeners)" ""
	serve srv streams --pika workers 80 3 4
	cli streams ask 10.9.0.1 80 1 10
	workers=$(pgrep -P "$server" | sort -n | paste -sd ,)
	# Each is one as soon as it waits in accept().
	for _ in {1..50}; do
		[[ $(listeners) != *" acceptors "*,*,* ]] || break
		sleep 0.1
	done
	expect_equal "name and backlog" "$(listeners | cut -d ' ' -f 1-6)" \
		"listener 0.0.0.0:80 backlog 128 waiting 0"
	expect_equal acceptors \
		"$(listeners | sed 's/.*acceptors //' | tr , '\n' | sort -n | paste -sd ,)" \
		"$workers"
	cli streams ask 10.9.0.1 80 3 10
	wait "$server"
	expect_equal "listeners after" "$(listeners)" ""
	stop
}

case__both_families_and_every_detail_are_told()
{
	start TS1+LS1CM1
	serve srv pika-run python3 -uc '
from socket import *
import signal
four = socket(AF_INET, SOCK_STREAM)
four.bind(("10.9.0.1", 81))
four.listen(5)
six = socket(AF_INET6, SOCK_STREAM)
six.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
six.bind(("::", 82))
six.listen(7)
print("listening")
signal.pause()'
	expect_equal "in words" "$(listeners)" \
		"listener 10.9.0.1:81 backlog 5 waiting 0 acceptors none
listener [::]:82 v6only backlog 7 waiting 0 acceptors none"
	listeners --json | python3 -c '
import json, sys
four, six = json.load(sys.stdin)["listeners"]
assert four == {"address": "10.9.0.1", "port": 81, "v6only": False, "backlog": 5,
                "offered": 0, "claimed": 0, "processes": 0, "acceptors": []}, four
assert (six["address"], six["port"], six["v6only"]) == ("::", 82, True), six'
	kill "$server"
	wait "$server" || true
	stop
}

case__without_a_stack_there_is_nothing_to_tell()
{
	local status=0 said

	net
	load
	said=$(listeners 2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	expect_equal "what it says" "$said" \
		"pikactl: pika.ko: no stack is started in this namespace"
}

run_cases
