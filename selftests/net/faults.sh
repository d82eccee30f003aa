#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What happens to a host while a stack serves: devices change, ends stop reading, others
# look at the traffic or forbid it.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# ask: somebody else is served just now. Counted in asked.
ask()
{
	cli timeout 30 streams ask 10.9.0.1 81 1 3000
	asked=$((asked + 1))
}

# under_traffic COMMAND [OPTION...]: is called over and over, as long as bytes go both ways
# over both families; all must arrive. The wire is slow, so that there are some calls. The
# stack is started with the options.
under_traffic()
{
	local v4 v6 others times=0 asked=0

	start TS1LS1CM1 "${@:2}"
	# As IPv4's do: else a device that goes down forgets them.
	srv sysctl -q net.ipv6.conf.veth0.keep_addr_on_down=1
	srv tc qdisc add dev veth0 root netem rate 8mbit limit 1000
	cli tc qdisc add dev veth1 root netem rate 8mbit limit 1000
	serve srv streams --pika epoll 81 100000
	others=$server
	serve srv streams --pika --v6 epoll 80 2
	cli streams ask 10.9.0.1 80 1 5000000 &
	v4=$!
	cli streams ask fd09::1 80 1 5000000 &
	v6=$!
	while [ -e "/proc/$v4" ] || [ -e "/proc/$v6" ]; do
		"$1"
		times=$((times + 1))
	done
	wait "$v4"
	wait "$v6"
	wait "$server"
	[ "$times" -gt 1 ] || fail "no traffic any more after $times times"
	echo "# $times times: $1"
	look
	expect_equal "connections by a link" "$(counter ts.passive_opens)" $((2 + asked))
	# It may have ended: nobody needs it for a minute.
	kill "$others" || true
	wait "$others" || true
	stop
}

# Linux looks once a second whether a link is there again, and IPv6 waits for that.
down_and_up()
{
	srv ip link set veth0 down
	sleep 0.3
	srv ip link set veth0 up
	sleep 2
}

case__a_device_goes_down_and_up_while_traffic_runs()
{
	under_traffic down_and_up
}

other_mtu()
{
	for mtu in 1300 9000 1500; do
		srv ip link set veth0 mtu "$mtu"
		cli ip link set veth1 mtu "$mtu"
		sleep 0.2
	done
}

case__the_mtu_changes_while_traffic_runs()
{
	under_traffic other_mtu
}

other_offloads()
{
	for how in off on; do
		offload srv veth0 "$how"
		offload cli veth1 "$how"
		ask
	done
}

case__offloads_change_while_traffic_runs()
{
	under_traffic other_offloads
}

other_queues()
{
	for count in 2 1; do
		srv ethtool -L veth0 rx "$count" tx "$count"
		ask
	done
}

case__queues_change_while_traffic_runs()
{
	under_traffic other_queues
}

# By turns; times is under_traffic's.
any_of_it()
{
	local all=(other_mtu other_queues other_offloads down_and_up)

	"${all[times % 4]}"
}

case__all_of_it_happens_to_a_server_that_polls()
{
	under_traffic any_of_it --idle-us 10000000
}

# Both ends are in this guest, and their bytes are more than TCP may have in so small a
# one: then everybody gets little, as by Linux.
case__ends_that_never_read_hold_up_nobody()
{
	net
	load
	sysctl -qw net.ipv4.tcp_mem="200000 200000 200000"
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 2048
	srv jam --pika 500 1000000
	look
	expect_equal "connections by a link" "$(counter ts.passive_opens)" 501
	stop
}

run_cases
