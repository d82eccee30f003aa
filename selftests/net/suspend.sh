#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The host is suspended and resumes. Only as far as tasks are frozen: devices would be
# next, and the guest's files come by one that does not survive it. What follows is in
# selftests/vm/suspend.bats.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# suspend: for one second; programs do not run meanwhile.
suspend()
{
	[ -w /sys/power/pm_test ] || skip "this kernel cannot be suspended for a test"
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	echo freezer >/sys/power/pm_test
	echo mem >/sys/power/state
	echo none >/sys/power/pm_test
}

case__connections_go_on_when_the_host_resumes()
{
	local client

	start TS1LS1CM1
	serve srv streams --pika --v6 epoll 80 3
	srv tc qdisc add dev veth0 root netem rate 8mbit limit 1000
	cli streams ask 10.9.0.1 80 1 2000000 &
	client=$!
	sleep 0.3
	suspend
	[ -e "/proc/$client" ] || fail "the client had come to its end before"
	wait "$client"
	cli streams ask fd09::1 80 1 10
	cli streams ask 10.9.0.1 80 1 10
	wait "$server"
	opened 3
	stop
}

case__two_servers_are_suspended_and_resume()
{
	start TS1+LS1CM1
	serve srv streams --pika --v6 epoll 80 2
	cli streams ask 10.9.0.1 80 1 10
	suspend
	suspend
	cli streams ask 10.9.0.1 80 1 10
	wait "$server"
	opened 2
	stop
}

case__a_stack_stops_and_starts_after_suspend()
{
	start TS1LS1CM1
	suspend
	srv pikactl stop
	suspend
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 1024
	serve srv streams --pika epoll 80 1
	cli streams ask 10.9.0.1 80 1 10
	wait "$server"
	opened 1
	stop
}

run_cases
