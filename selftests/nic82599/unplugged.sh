#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A card that is pulled out of its slot. It stays out, so this script is the last.

. "$(dirname "$0")/lib.sh"

case__a_card_that_is_pulled_out_is_missed_and_no_more()
{
	connect_cards
	traffic blast "$there4" 9 1000 2000 20000 &
	sleep 1
	model 0 --port 1 remove
	wait_for "Adapter removed" bash -c 'dmesg | grep -q "ixgbe.*Adapter removed"'
	wait
	there ip link set eth1 down
	ethtool -i eth0 | grep -q ixgbe || fail "the other card"
}

run_cases
