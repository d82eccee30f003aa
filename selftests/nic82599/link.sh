#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What stock ixgbe says of the cards, and that they carry packets.

. "$(dirname "$0")/lib.sh"

case__the_driver_knows_the_card()
{
	[ "$(ethtool -i eth0 | sed -n 's/^driver: //p')" = ixgbe ] || fail "not ixgbe's"
	lspci_id=$(cat /sys/class/net/eth0/device/vendor /sys/class/net/eth0/device/device | xargs)
	expect_equal "PCI id" "$lspci_id" "0x8086 0x10fb"
	dmesg | grep -q 'ixgbe.*MAC: 2, PHY: .*SFP+' || fail "$(dmesg | grep ixgbe)"
	expect_equal address "$(cat /sys/class/net/eth0/address)" 52:54:00:70:6b:01
	expect_equal address "$(cat /sys/class/net/eth1/address)" 52:54:00:70:6b:02
	! dmesg | grep -iE 'ixgbe.*(fail|error|unsupported|warning)' || fail "it complains"
}

case__the_link_comes_up_at_ten_gigabit()
{
	connect_cards
	ethtool eth0 | grep -q 'Speed: 10000Mb/s' || fail "$(ethtool eth0)"
	ethtool eth0 | grep -q 'Link detected: yes' || fail "$(ethtool eth0)"
	ethtool -m eth0 | grep -q '10GBASE-SR' || ethtool -m eth0 | grep -qi '10G' ||
		fail "module: $(ethtool -m eth0 | head -n 20)"
}

case__pings_are_answered()
{
	connect_cards
	ping_there "$there4"
	ping_there "$there6"
}

case__bytes_arrive_both_ways()
{
	connect_cards
	transfer 20000000 "$there4" there env
	transfer 20000000 "$here6" env there
}

came_there()
{
	echo $(($(counter rx_pkts_nic there) + $(counter rx_missed_errors there)))
}

case__both_ends_count_the_same()
{
	local sent got

	connect_cards
	sent=$(counter tx_pkts_nic)
	got=$(came_there)
	transfer 2000000 "$there4" there env
	# The driver reads the card's counters every two seconds.
	sleep 3
	sent=$(($(counter tx_pkts_nic) - sent))
	[ "$sent" -gt 1000 ] || fail "eth0 sent $sent"
	expect_equal "what eth1 got of what eth0 sent" "$(($(came_there) - got))" "$sent"
}

run_cases
