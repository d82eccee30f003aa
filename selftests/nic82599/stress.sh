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

# has_got BYTES: eth1's card, so far.
has_got()
{
	[ "$(of_model 1 received_bytes)" -ge "$1" ]
}

# A megabyte more has come.
bytes_flow()
{
	wait_for "bytes that flow" has_got $(($(of_model 1 received_bytes) + 1000000))
}

case__resets_under_traffic_lose_no_byte()
{
	local i size receiver sender

	connect_cards
	rm -f /tmp/enough /tmp/sent
	head -c 1000000 /dev/urandom >/tmp/data
	there traffic receive 5001 | sha256sum >/tmp/received &
	receiver=$!
	wait_for "a listener" there bash -c 'ss -tlnH | grep -q :5001'
	until [ -e /tmp/enough ]; do cat /tmp/data; done |
		tee >(sha256sum >/tmp/sent) | traffic send "$there4" 5001 &
	sender=$!
	for ((i = 0; i < ${long:+5} + 5; i++)); do
		bytes_flow
		size=$((1024 - 512 * (i % 2)))
		# Each of them stops the card, makes new rings and starts it.
		ethtool -G eth0 rx "$size" || fail "-G"
		there ethtool -G eth1 tx "$size" || fail "-G"
	done
	bytes_flow
	touch /tmp/enough
	wait "$sender" || fail "the sender failed"
	wait "$receiver" || fail "the receiver failed"
	wait_for "the sum of what was sent" test -s /tmp/sent
	expect_equal "what came" "$(cat /tmp/received)" "$(cat /tmp/sent)"
	echo "# $i times at each end"
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

case__and_no_card_has_hung()
{
	connect_cards
	no_hang
}

run_cases
