#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pikactl events tells what happens to a namespace's stack, as it happens.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

heard=/tmp/events

# listen NAMESPACE COMMAND...: in the background, until it is known to listen; its lines
# are in $heard, the first not counted.
listen()
{
	: >"$heard"
	ip netns exec "$@" >"$heard" &
	listener=$!
	for _ in {1..200}; do
		[ ! -s "$heard" ] || return 0
		sleep 0.05
	done
	fail "pikactl events says nothing"
}

# lines N: waits until it has said so many, the first not counted.
lines()
{
	for _ in {1..200}; do
		[ "$(wc -l <"$heard")" -le "$1" ] || return 0
		sleep 0.05
	done
}

# hears LINE...: these lines are all that it says.
hears()
{
	lines $#
	# Time for one more.
	sleep 0.2
	expect_equal events "$(tail -n +2 "$heard")" "$(printf '%s\n' "$@")"
	kill "$listener"
	wait "$listener" || true
}

case__a_stack_that_starts_and_stops()
{
	net
	load
	listen srv pikactl events
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 256
	srv pikactl stop
	hears "stack TS1LS1CM1 started" "stack TS1LS1CM1 stopped"
}

case__a_start_that_is_refused_is_no_event()
{
	net
	load
	listen srv pikactl events
	! srv pikactl start TS1LS1CM1 --link veth0,veth7 || fail "started"
	! srv pikactl stop || fail "stopped"
	hears
}

case__a_stop_by_force_says_so()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	listen srv pikactl events --json
	! srv pikactl stop || fail "stopped"
	srv pikactl stop --force
	hears '{"address":"0.0.0.0","event":"listener-removed","port":80,"v6only":false}' \
		'{"composition":"TS1LS1CM1","event":"stack-stopped","forced":true}'
}

case__a_link_goes_down_and_comes_back_and_goes()
{
	start TS1LS1CM1
	listen srv pikactl events
	srv ip link set veth0 down
	srv ip link set veth0 up
	# This changes nothing for us.
	srv ip link set veth0 multicast off
	# Its peer is its carrier.
	cli ip link set veth1 down
	lines 3
	cli ip link set veth1 up
	lines 4
	srv ip link del veth0
	hears "link veth0 down" "link veth0 up" "link veth0 down" "link veth0 up" \
		"link veth0 down" "link veth0 gone"
}

case__links_are_added_and_removed()
{
	start TS1LS1CM1
	srv ip link add other type dummy
	listen srv pikactl events
	srv pikactl link add other
	! srv pikactl link add other 2>/dev/null || fail "added twice"
	srv ip link set other up
	srv pikactl link del veth0
	srv ip link set veth0 down
	hears "link other added" "link other up" "link veth0 removed"
}

case__a_device_that_is_no_link_is_no_event()
{
	start TS1LS1CM1
	srv ip link add other type dummy
	listen srv pikactl events
	srv ip link set other up
	srv ip link set other down
	srv ip link del other
	hears
}

case__listeners_come_and_go()
{
	start TS1LS1CM1
	listen srv pikactl events
	srv pika-run python3 -c '
from socket import *
four = socket(AF_INET, SOCK_STREAM)
four.bind(("10.9.0.1", 81))
four.listen(5)
four.listen(7)
six = socket(AF_INET6, SOCK_STREAM)
six.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
six.bind(("::", 82))
six.listen(7)
four.close()
six.shutdown(SHUT_RDWR)'
	hears "listener 10.9.0.1:81 added" "listener [::]:82 v6only added" \
		"listener 10.9.0.1:81 removed" "listener [::]:82 v6only removed"
}

case__sockets_that_share_a_port_are_one_listener()
{
	start TS1LS1CM1
	listen srv pikactl events
	srv pika-run python3 -c '
from socket import *
def listening():
    s = socket(AF_INET, SOCK_STREAM)
    s.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    s.bind(("", 80))
    s.listen(5)
    return s
first = listening()
second = listening()
first.close()
second.close()'
	hears "listener 0.0.0.0:80 added" "listener 0.0.0.0:80 removed"
}

case__a_core_that_should_go_offline_is_kept()
{
	local cpu=/sys/devices/system/cpu/cpu1/online

	[ -e "$cpu" ] || skip "CPU 1 cannot go offline"
	start TS1LS1CM1 --cores 1
	listen srv pikactl events
	! echo 0 2>/dev/null >"$cpu" || fail "offline"
	hears "core 1 kept online"
}

case__the_module_comes_and_goes()
{
	net
	listen srv pikactl events --json
	expect_equal "at first" "$(cat "$heard")" '{"event":"module-unloaded"}'
	load
	unload
	load
	lines 3
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 256
	hears '{"event":"module-loaded"}' '{"event":"module-unloaded"}' \
		'{"event":"module-loaded"}' \
		'{"composition":"TS1LS1CM1","event":"stack-started"}'
}

case__other_namespaces_hear_nothing()
{
	net
	load
	listen cli pikactl events
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 256
	srv pikactl stop
	hears
}

case__anybody_in_the_namespace_hears_them()
{
	net
	load
	listen srv setpriv --reuid 65534 --regid 65534 --clear-groups pikactl events
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 256
	hears "stack TS1LS1CM1 started"
}

case__who_does_not_read_in_time_is_told_that_he_has_missed_some()
{
	start TS1LS1CM1
	listen srv pikactl events
	kill -STOP "$listener"
	srv pika-run python3 -c '
from socket import *
for _ in range(2000):
    s = socket(AF_INET, SOCK_STREAM)
    s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    s.bind(("", 80))
    s.listen(5)
    s.close()'
	kill -CONT "$listener"
	for _ in {1..200}; do
		! grep -q missed "$heard" || break
		sleep 0.05
	done
	expect_equal "lines that say so" "$(grep -c '^events missed$' "$heard")" 1
	# It goes on.
	srv pikactl stop
	for _ in {1..200}; do
		! grep -q stopped "$heard" || break
		sleep 0.05
	done
	expect_equal "the last" "$(tail -n 1 "$heard")" "stack TS1LS1CM1 stopped"
	kill "$listener"
	wait "$listener" || true
}

run_cases
