#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# CPUs are to go offline while connections are served: a server's core stays, and the
# server on it.

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

run_cases
