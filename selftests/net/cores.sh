#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# CPUs are to go offline while connections are served: a server's core stays, and the
# server on it; that of a program goes, with its sockets in use, and comes back.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

cpu=/sys/devices/system/cpu/cpu1/online

# thread_on: the CPU that the server's thread ran on last.
thread_on()
{
	awk '{ sub(/.*\) /, ""); print $37 }' /proc/"$(pgrep -x pika/0)"/stat
}

# refuse: the core of a server stays online. Counted in refused.
refuse()
{
	! echo 0 2>/dev/null >"$cpu" || fail "went offline"
	refused=$((refused + 1))
}

# kept OPTION...: a server on core 1, which is to go offline while bytes flow, over and
# over; what comes then is served as before.
kept()
{
	local refused=0 client

	[ -e "$cpu" ] || skip "CPU 1 cannot go offline"
	start TS1LS1CM1 --cores 1 "$@"
	serve srv streams --pika epoll 80 22
	srv tc qdisc add dev veth0 root netem rate 20mbit limit 1000
	cli streams ask 10.9.0.1 80 2 3000000 &
	client=$!
	while [ -e "/proc/$client" ]; do
		refuse
	done
	wait "$client"
	echo "# kept online $refused times"
	[ "$refused" -gt 1 ] || fail "no traffic any more after $refused times"
	cli streams again 10.9.0.1 80 10 10000
	for _ in {1..10}; do
		refuse
	done
	cli streams again 10.9.0.1 80 10 10000
	expect_equal "the server's CPU" "$(thread_on)" 1
	wait "$server"
	stop
}

case__the_core_of_a_server_that_polls_is_kept()
{
	kept --idle-us 10000000
}

case__the_core_of_a_server_that_sleeps_is_kept()
{
	kept
}

# back: CPU 1 is online again, and programs may run there: their cgroup hears of it later.
back()
{
	echo 1 >"$cpu"
	for _ in {1..100}; do
		! taskset -c 1 true 2>/dev/null || return 0
		sleep 0.05
	done
	fail "nobody may use CPU 1"
}

# away CLIENT: CPU 1, on which $program runs, goes offline and comes back, over and over,
# until the process CLIENT has its bytes.
away()
{
	local times=0

	while [ -e "/proc/$1" ]; do
		echo 0 >"$cpu"
		sleep 0.3
		back
		taskset -pc 1 "$program" >/dev/null 2>&1 || true
		sleep 0.1
		times=$((times + 1))
	done
	wait "$1"
	echo "# offline $times times"
	[ "$times" -gt 1 ] || fail "no traffic any more after $times times"
}

case__the_cpu_of_a_program_that_accepts_goes_and_comes_back()
{
	local program

	[ -e "$cpu" ] || skip "CPU 1 cannot go offline"
	start TS1LS1CM1 --cores 0
	serve srv taskset -c 1 streams --pika epoll 80 23
	program=$server
	srv tc qdisc add dev veth0 root netem rate 8mbit limit 1000
	cli streams ask 10.9.0.1 80 2 2000000 &
	away $!
	cli streams again 10.9.0.1 80 20 50000 &
	away $!
	echo 0 >"$cpu"
	cli streams ask 10.9.0.1 80 1 10000
	back
	wait "$server"
	look
	expect_equal "connections by a link" "$(counter ts.passive_opens)" 23
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

case__the_cpu_of_a_program_that_connects_goes_and_comes_back()
{
	local program

	[ -e "$cpu" ] || skip "CPU 1 cannot go offline"
	start TS1LS1CM1 --cores 0
	serve cli streams epoll 7000 2
	srv tc qdisc add dev veth0 root netem rate 8mbit limit 1000
	ip netns exec srv taskset -c 1 streams --pika ask 10.9.0.2 7000 2 2000000 &
	program=$!
	sleep 0.3
	away "$program"
	wait "$server"
	look
	expect_equal "connections by a link" "$(counter ts.active_opens)" 2
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

run_cases
