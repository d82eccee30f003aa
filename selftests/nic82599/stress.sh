#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A driver that starts, stops and resets the card again and again, with and without
# traffic; the cable.

. "$(dirname "$0")/lib.sh"

case__up_and_down_again_and_again()
{
	local i cycles=$((${long:+90} + 10))

	connect_cards
	for ((i = 0; i < cycles; i++)); do
		ip link set eth0 down
		ip link set eth0 up
	done
	connect_cards
	ping_there "$there4"
	echo "# $cycles times"
}

case__resets_under_traffic_lose_no_byte()
{
	local i pid

	connect_cards
	transfer $((${long:+30000000} + 10000000)) "$there4" there env &
	pid=$!
	for ((i = 0; i < 5; i++)); do
		sleep 0.5
		# Each of them stops the card, makes new rings and starts it.
		ethtool -G eth0 rx $((512 + 512 * (i % 2))) || fail "-G"
		there ethtool -G eth1 tx $((512 + 512 * (i % 2))) || fail "-G"
	done
	wait "$pid" || fail "$(jobs)"
	expect_equal "tx timeouts" "$(counter tx_timeout_count)" 0
}

lacks_carrier()
{
	! has_carrier "$@"
}

case__the_cable_is_pulled_and_plugged()
{
	connect_cards
	model 0 --port 0 link down
	wait_for "no carrier" lacks_carrier eth0
	has_carrier eth1 there || fail "eth1's carrier is gone as well"
	! busybox ping -c 1 -W 1 "$there4" >/dev/null || fail "a ping without a cable"
	model 0 --port 0 link up
	connect_cards
	ping_there "$there4"
}

case__the_module_goes_and_comes()
{
	local i

	ip netns del there
	wait_for "eth1 to come back" test -e /sys/class/net/eth1
	for ((i = 0; i < 3; i++)); do
		rmmod ixgbe
		modprobe ixgbe
		wait_for eth0 test -e /sys/class/net/eth0
		wait_for eth1 test -e /sys/class/net/eth1
	done
	connect_cards
	ping_there "$there4"
}

run_cases
