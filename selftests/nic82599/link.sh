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
	connect_cards
	expect_equal address "$(there cat /sys/class/net/eth1/address)" 52:54:00:70:6b:02
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

# Frames that eth0 sent and that eth1's card got, as the drivers say, and then as the
# cards' models say.
counts()
{
	local sent got

	sent=$(counter tx_pkts_nic)
	got=$(($(counter rx_pkts_nic there) + $(counter rx_missed_errors there)))
	echo "$sent $got $(of_model 0 sent) $(($(of_model 1 received) + $(of_model 1 missed)))"
}

# settled_counts: when nothing is on its way, and the drivers have read the cards'
# counters, which they do every two seconds.
settled_counts()
{
	local i before now

	now=$(counts)
	for ((i = 0; i < 20; i++)); do
		before=$now
		sleep 3
		now=$(counts)
		[ "$now" != "$before" ] || break
	done
	echo "$now"
}

case__all_count_the_same()
{
	local before after i

	connect_cards
	read -ra before < <(settled_counts)
	transfer 2000000 "$there4" there env
	read -ra after < <(settled_counts)
	for i in 0 1 2 3; do after[i]=$((after[i] - before[i])); done
	[ "${after[0]}" -gt 1000 ] || fail "eth0 sent ${after[0]}"
	expect_equal "what eth1 got, and eth0's and eth1's models count, of what eth0 sent" \
		"${after[*]:1}" "${after[0]} ${after[0]} ${after[0]}"
}

case__and_no_card_has_hung()
{
	connect_cards
	no_hang
}

run_cases
