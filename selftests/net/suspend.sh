#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The host is suspended and resumes. Only as far as tasks are frozen: devices would be
# next, and the guest's files come by one that does not survive it. What follows is in
# selftests/vm/suspend.bats. Who opens /dev/snapshot is about to suspend the host: stacks
# are parked, programs still run.

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

# begin_suspend, freeze, end_suspend: by steps. Programs inherit no file from it.
begin_suspend()
{
	[ -e /dev/snapshot ] || skip "this kernel cannot be suspended by a program"
	exec 9</dev/snapshot
}

# freeze: all programs, for a moment.
freeze()
{
	echo 2000 >/sys/power/pm_freeze_timeout
	python3 -c '
from fcntl import ioctl
ioctl(9, 0x3301)  # SNAPSHOT_FREEZE
ioctl(9, 0x3302)  # SNAPSHOT_UNFREEZE'
}

end_suspend()
{
	exec 9<&-
}

# begin_listen OPTION...: on port 80, in the background, while no server answers.
begin_listen()
{
	said_by_server=/tmp/server.said
	ip netns exec srv streams --pika "$@" >"$said_by_server" 2>&1 9<&- &
	server=$!
	sleep 0.5
	expect_equal "listen() waits" "$(cat "$said_by_server")" ""
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

case__listen_lets_the_host_be_suspended_and_then_succeeds()
{
	start TS1+LS1CM1
	begin_suspend
	begin_listen serve 80 2
	freeze
	expect_equal "listen() still waits" "$(cat "$said_by_server")" ""
	freeze
	end_suspend
	for _ in {1..200}; do
		! grep -q listening "$said_by_server" || break
		sleep 0.05
	done
	cli streams again 10.9.0.1 80 2 1000
	wait "$server"
	stop
}

case__who_is_killed_in_listen_leaves_nothing()
{
	start TS1LS1CM1
	begin_suspend
	begin_listen hold 80
	kill "$server"
	wait "$server" || true
	end_suspend
	expect_equal sockets "$(of_stack sockets)" 0
	serve srv streams --pika serve 80 1
	cli streams ask 10.9.0.1 80 1 10
	wait "$server"
	stop
}

case__nothing_is_stopped_by_force_while_the_host_is_suspended()
{
	local said

	start TS1LS1CM1
	begin_suspend
	begin_listen hold 80
	said=$(srv pikactl stop --force 2>&1 9<&-) && fail "stopped"
	end_suspend
	expect_equal "what it says" "$said" "pikactl: pika.ko: the host is being suspended"
	srv pikactl stop --force
	wait "$server" || true
	unload
}

run_cases
