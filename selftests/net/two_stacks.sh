#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two network namespaces, each with a stack of its own, share the machine and
# nothing else.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# start_both: the servers' namespace has core 0, the clients' core 1.
start_both()
{
	start TS1LS1CM1 --cores 0
	cli pikactl start TS1LS1CM1 --link veth1 --max-conns 256 --cores 1
}

stop_both()
{
	cli pikactl stop
	stop
}

# flows_of NAMESPACE: how many it has.
flows_of()
{
	ip netns exec "$1" pikactl show --json | sed -n 's/.*"flows": \([0-9]*\).*/\1/p'
}

case__two_stacks_talk_to_each_other()
{
	start_both
	serve srv streams --pika epoll 80 20
	cli streams --pika again 10.9.0.1 80 20 1000
	wait "$server"
	look
	expect_equal "passive opens of the one" "$(counter ts.passive_opens)" 20
	stats=$(cli pikactl stats --all)
	expect_equal "active opens of the other" "$(counter ts.active_opens)" 20
	stop_both
}

case__each_has_its_listeners_and_is_stopped_alone()
{
	start_both
	serve srv streams --pika serve 80 2
	expect_equal "listeners of the other" \
		"$(cli pikactl listeners --json | tr -d ' \n')" '{"listeners":[]}'
	cli pikactl stop
	cli streams ask 10.9.0.1 80 2 1000
	wait "$server"
	! cli pikactl stats >/dev/null 2>&1 || fail "still there"
	cli pikactl start TS1LS1CM1 --link veth1 --max-conns 256 --cores 1
	stop_both
}

case__a_core_is_one_stack_s_alone()
{
	local said

	start TS1LS1CM1 --cores 0
	said=$(cli pikactl start TS1LS1CM1 --link veth1 --cores 0 2>&1) && fail started
	expect_equal refusal "$said" \
		"pikactl: pika.ko: core 0: runs a server of another namespace's stack"
	said=$(cli pikactl start TS2LS2CM2 --link veth1 2>&1) && fail started
	expect_equal refusal "$said" \
		"pikactl: pika.ko: 1 cores for 2 servers; expected as many"
	cli pikactl start TS1LS1CM1 --link veth1 --max-conns 256
	expect_equal "the other's core" \
		"$(cli pikactl show --json | sed -n 's/.*"cores": "\(.*\)".*/\1/p')" 1
	stop_both
}

case__a_failed_start_leaves_the_other_s_cores()
{
	start TS1LS1CM1 --cores 1
	! cli pikactl start TS2LS2CM2 --link veth1 --cores 0-1 2>/dev/null || fail started
	! cli pikactl start TS1LS1CM1 --link nowhere --cores 0 2>/dev/null || fail started
	! echo 0 2>/dev/null >/sys/devices/system/cpu/cpu1/online || fail "went offline"
	! cli pikactl start TS1LS1CM1 --link veth1 --cores 1 2>/dev/null || fail started
	cli pikactl start TS1LS1CM1 --link veth1 --max-conns 256 --cores 0
	stop_both
	echo 0 >/sys/devices/system/cpu/cpu1/online
	echo 1 >/sys/devices/system/cpu/cpu1/online
}

case__a_namespace_that_goes_stops_its_own()
{
	start_both
	serve srv streams --pika serve 80 1
	ip netns del cli
	for _ in {1..100}; do
		echo 0 2>/dev/null >/sys/devices/system/cpu/cpu1/online && break
		sleep 0.1
	done
	echo 1 >/sys/devices/system/cpu/cpu1/online || fail "its core was not given back"
	kill "$server"
	wait "$server" || true
	expect_equal flows "$(flows_of srv)" 0
	stop
}

run_cases
