#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A stack starts and stops, and its sockets talk to plain Linux TCP in another
# namespace over veth.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# refused LINE PIKACTL-ARGUMENT...: one line, exit status 1.
refused()
{
	local status=0 said

	said=$(srv pikactl "${@:2}" 2>&1) || status=$?
	expect_equal "exit status of '${*:2}'" "$status" 1
	expect_equal "what '${*:2}' says" "$said" "pikactl: pika.ko: $1"
}

case__a_stack_starts_and_stops_twenty_times()
{
	net
	load
	for _ in {1..20}; do
		srv pikactl start TS1LS1CM1 --link veth0 --cores 0 --max-conns 256
		srv pikactl stop
	done
	unload
}

case__a_wrong_start_is_refused_in_one_line_and_leaves_nothing()
{
	net
	load
	refused "TS1LS0CM1: at 6: expected a count from 1 to 128" \
		start TS1LS0CM1 --link veth0
	refused "link eth7: no such device here" start TS1LS1CM1 --link veth0,eth7
	refused "link lo: is loopback, or a port of something else" \
		start TS1LS1CM1 --link lo
	refused "link veth0: named twice" start TS1LS1CM1 --link veth0,veth0
	refused "cores x: not a list of CPUs" start TS1LS1CM1 --link veth0 --cores x
	refused "2 cores for 1 servers; expected as many" \
		start TS1LS1CM1 --link veth0 --cores 0-1
	refused "100 connections: expected 256 to 1048576" \
		start TS1LS1CM1 --link veth0 --max-conns 100
	refused "no stack is started in this namespace" stop
	srv ip link set veth0 down
	unload
}

case__a_second_start_is_refused()
{
	start TS1LS1CM1
	refused "a stack is started already in this namespace" \
		start TS1LS1CM1 --link veth0
	stop
}

case__only_root_of_the_machine_may_start()
{
	start TS1LS1CM1
	! srv unshare -Ur pikactl stop 2>/dev/null || fail "stopped"
	! unshare -Urn pikactl start TS1LS1CM1 --link lo 2>/tmp/said || fail "started"
	expect_equal "what it says" "$(cat /tmp/said)" "pikactl: pika.ko: Operation not permitted"
	! srv setpriv --reuid 65534 --regid 65534 --clear-groups \
		streams --pika hold 80 2>/dev/null || fail "a socket for anybody"
	stop
}

case__without_a_stack_there_is_no_socket()
{
	local said

	net
	load
	said=$(srv streams --pika hold 80 2>&1) && fail "a socket"
	expect_equal error "$said" "streams: socket: Protocol not supported"
}

case__linux_goes_on_beside_it()
{
	start TS1LS1CM1
	serve srv streams serve 8081 5
	cli streams ask 10.9.0.1 8081 5 100000
	wait "$server"
	cli streams refused 10.9.0.1 8082
	opened 0
	stop
}

case__a_server_that_blocks_echoes_to_linux()
{
	start TS1LS1CM1
	serve srv streams --pika serve 80 20
	cli streams again 10.9.0.1 80 20 1000
	wait "$server"
	opened 20
	stop
}

case__a_thousand_connections_come_one_after_the_other()
{
	local n=1000

	[ -z "$long" ] || n=10000
	[ "${PIKA_KERNEL-}" != debug ] || n=100
	start TS1LS1CM1
	serve srv streams --pika serve 80 "$n"
	cli streams again 10.9.0.1 80 "$n" 1000
	wait "$server"
	opened "$n"
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

case__one_listener_takes_both_families()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 serve 80 20
	cli streams again fd09::1 80 10 1000
	cli streams again 10.9.0.1 80 10 1000
	wait "$server"
	opened 20
	stop
}

case__a_listener_for_ipv6_alone_leaves_ipv4_to_another()
{
	local first

	start TS1LS1CM1
	serve srv streams --pika --v6only serve 80 2
	cli streams ask fd09::1 80 1 1000
	cli streams refused 10.9.0.1 80
	first=$server
	serve srv streams --pika serve 80 1
	cli streams ask 10.9.0.1 80 1 1000
	wait "$server"
	cli streams ask fd09::1 80 1 1000
	wait "$first"
	cli streams refused fd09::1 80
	opened 3
	stop
}

case__many_bytes_over_ipv6_arrive_as_they_were_sent()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 epoll 80 20
	cli streams ask fd09::1 80 20 300000
	wait "$server"
	opened 20
	stop
}

case__it_connects_out_over_ipv6()
{
	start TS1LS1CM1
	serve cli streams --v6 epoll 7000 22
	srv streams --pika ask fd09::2 7000 20 100000
	srv streams --pika early fd09::2 7000
	srv streams --pika ask ::ffff:10.9.0.2 7000 1 1000
	wait "$server"
	srv streams --pika refused fd09::2 7001
	opened 0 23
	stop
}

case__a_server_with_epoll_echoes_a_hundred_at_once()
{
	start TS1LS1CM1 --cores 1
	serve srv streams --pika epoll 80 100
	cli streams ask 10.9.0.1 80 100 20000
	wait "$server"
	opened 100
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

case__forked_workers_share_a_listener()
{
	start TS1LS1CM1
	serve srv streams --pika workers 80 4 200
	for _ in {1..10}; do cli streams ask 10.9.0.1 80 20 100; done
	wait "$server"
	opened 200
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

case__many_bytes_arrive_as_they_were_sent()
{
	start TS1LS1CM1
	serve srv streams --pika epoll 80 2
	cli streams ask 10.9.0.1 80 2 3000000
	wait "$server"
	opened 2
	stop
}

case__what_ends_with_a_page_arrives_as_it_was_sent()
{
	start TS1LS1CM1
	serve cli streams epoll 7000 64
	srv streams --pika tails 10.9.0.2 7000
	wait "$server"
	opened 0 64
	stop
}

case__a_device_that_cannot_cut_or_sum_up_gets_what_is_ready()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 epoll 80 6
	srv ip link set veth0 gso_max_segs 1
	cli streams ask 10.9.0.1 80 1 1000000
	cli streams ask fd09::1 80 1 1000000
	offload srv veth0 off
	offload cli veth1 off
	cli streams ask 10.9.0.1 80 2 1000000
	cli streams ask fd09::1 80 2 1000000
	wait "$server"
	opened 6
	stop
}

case__servers_apart_do_the_same()
{
	start TS1+LS1CM1
	serve srv streams --pika epoll 80 20
	cli streams ask 10.9.0.1 80 20 100000
	wait "$server"
	opened 20
	stop
}

case__it_connects_out()
{
	start TS1LS1CM1
	serve cli streams epoll 7000 21
	srv streams --pika ask 10.9.0.2 7000 20 100000
	srv streams --pika early 10.9.0.2 7000
	wait "$server"
	srv streams --pika refused 10.9.0.2 7001
	opened 0 22
	stop
}

case__a_listener_hears_loopback_and_links_alike()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 serve 80 50
	srv streams again 127.0.0.1 80 10 1000
	srv streams again ::1 80 10 1000
	srv streams again 10.9.0.1 80 10 1000
	cli streams again 10.9.0.1 80 10 1000
	cli streams again fd09::1 80 10 1000
	wait "$server"
	opened 20
	stop
}

case__an_epoll_hears_loopback_and_links_at_once()
{
	local client

	start TS1LS1CM1
	serve srv streams --pika --v6 epoll 80 400
	srv streams again 127.0.0.1 80 200 5000 &
	client=$!
	cli streams again 10.9.0.1 80 200 5000
	wait "$client"
	wait "$server"
	opened 200
	stop
}

case__workers_hear_loopback_and_links_at_once()
{
	local client

	start TS1LS1CM1
	serve srv streams --pika workers 80 4 400
	srv streams again 127.0.0.1 80 200 500 &
	client=$!
	cli streams again 10.9.0.1 80 200 500
	wait "$client"
	wait "$server"
	opened 200
	stop
}

case__it_connects_to_where_no_link_leads_as_linux()
{
	start TS1LS1CM1
	serve srv streams --v6 epoll 7000 61
	srv streams --pika ask 127.0.0.1 7000 20 100000
	srv streams --pika ask ::1 7000 20 100000
	srv streams --pika ask 10.9.0.1 7000 20 1000
	srv streams --pika early 127.0.0.1 7000
	wait "$server"
	srv streams --pika refused 127.0.0.1 7000
	opened 0
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

case__it_talks_to_itself_over_loopback()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 epoll 80 41
	srv streams --pika ask 127.0.0.1 80 20 100000
	srv streams --pika ask ::1 80 20 100000
	srv streams --pika early 127.0.0.1 80
	wait "$server"
	opened 0
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

case__linux_and_pika_do_not_listen_on_one_port()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	! srv streams hold 80 >/dev/null 2>&1 || fail "Linux listens as well"
	kill "$server"
	wait "$server" || true
	serve srv streams hold 80
	! srv streams --pika hold 80 >/dev/null 2>&1 || fail "PIKA listens as well"
	kill "$server"
	wait "$server" || true
	stop
}

case__unread_bytes_at_close_are_a_reset_both_ways()
{
	start TS1LS1CM1
	serve srv streams --pika slam 80
	cli streams reset 10.9.0.1 80
	wait "$server"
	serve cli streams slam 7000
	srv streams --pika reset 10.9.0.2 7000
	wait "$server"
	opened 1 1
	stop
}

case__a_closed_port_is_linux_again()
{
	start TS1LS1CM1
	serve srv streams --pika serve 80 1
	cli streams ask 10.9.0.1 80 1 10
	wait "$server"
	cli streams refused 10.9.0.1 80
	serve srv streams serve 80 1
	cli streams ask 10.9.0.1 80 1 10
	wait "$server"
	opened 1
	stop
}

case__a_port_is_given_out_once()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	! srv streams --pika hold 80 >/dev/null 2>&1 || fail "given out twice"
	kill "$server"
	wait "$server" || true
	stop
}

case__stop_and_unload_are_refused_while_sockets_are_open()
{
	start TS1LS1CM1
	! rmmod pika 2>/dev/null || fail "unloaded under a stack"
	serve srv streams --pika hold 80
	refused "programs hold 1 sockets of this stack; end them first, or stop --force" stop
	kill "$server"
	wait "$server" || true
	stop
}

# The end of a stream is lost, and its socket has gone. Each time that it is sent again
# takes twice as long, so the wire must be back before three seconds have passed.
case__a_stop_waits_until_peers_know_of_the_end()
{
	local client stops

	start TS1LS1CM1
	serve srv streams --pika serve 80 1
	cli timeout 20 streams ended 10.9.0.1 80 >/tmp/ended.said &
	client=$!
	for _ in {1..100}; do
		! grep -q connected /tmp/ended.said || break
		sleep 0.05
	done
	srv tc qdisc add dev veth0 root netem loss 100%
	kill -9 "$server"
	wait "$server" || true
	srv pikactl stop &
	stops=$!
	sleep 0.5
	srv tc qdisc del dev veth0 root
	wait "$stops"
	wait "$client" || fail "the peer was not told"
	unload
}

case__what_is_not_sent_five_seconds_after_a_stop_is_reset()
{
	local began

	start TS1LS1CM1
	serve cli streams hold 7000
	srv streams --pika leave 10.9.0.2 7000
	began=$SECONDS
	stop
	[ $((SECONDS - began)) -ge 4 ] || fail "it has not waited"
	expect_equal "connections of the peer" "$(cli ss -Hnt sport = 7000)" ""
}

case__a_killed_server_leaves_nothing()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	cli timeout 1 streams ask 10.9.0.1 80 3 10 2>/dev/null || true
	look
	[ "$(counter ts.passive_opens)" -gt 0 ] || fail "none was PIKA's"
	kill -9 "$server"
	wait "$server" || true
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

case__options_are_those_of_linux()
{
	like_linux calls options
}

case__errors_are_those_of_linux()
{
	like_linux calls errors
}

case__readiness_and_ends_are_those_of_linux()
{
	like_linux calls states
}

case__signals_are_those_of_linux()
{
	like_linux calls signals
}

case__flags_and_counts_are_those_of_linux()
{
	like_linux calls bytes
}

case__descriptors_travel_and_files_are_sent()
{
	like_linux calls descriptors
}

case__close_waits_as_long_as_it_was_told_to()
{
	like_linux calls linger
}

case__calls_wait_as_long_as_they_were_told_to()
{
	like_linux calls times
}

# By its clock, after 40 ms, unless TCP_QUICKACK says at once.
case__a_byte_is_acknowledged_at_once_if_that_is_asked_for()
{
	local later

	start TS1LS1CM1
	srv calls --pika slowly
	look
	later=$(counter ts.delayed_acks)
	[ "$later" -gt 0 ] || fail "none was acknowledged later"
	srv calls --pika quickly
	look
	expect_equal "later ones" "$(counter ts.delayed_acks)" "$later"
	stop
}

case__a_listener_is_shut_and_listens_again_alone_and_in_a_group()
{
	like_linux calls listeners
}

case__a_device_and_a_namespace_may_go_first()
{
	start TS1LS1CM1
	serve srv streams --pika epoll 80 5
	cli streams ask 10.9.0.1 80 5 1000
	wait "$server"
	opened 5
	srv ip link del veth0
	srv pikactl show >/dev/null
	ip netns del srv
	for _ in {1..100}; do
		! rmmod pika 2>/dev/null || return 0
		sleep 0.1
	done
	fail "the stack outlives its namespace"
}

case__a_server_core_stays_online()
{
	start TS1LS1CM1 --cores 1
	! echo 0 2>/dev/null >/sys/devices/system/cpu/cpu1/online ||
		fail "went offline"
	stop
	echo 0 >/sys/devices/system/cpu/cpu1/online
	echo 1 >/sys/devices/system/cpu/cpu1/online
}

run_cases
