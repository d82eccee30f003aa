#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Cards whose wire loses, damages, doubles and reorders frames; for a guest whose model
# was told so: tools/vm/run --nic 82599 --nics 2 --model '--corrupt 0.02 --loss 0.01'.

. "$(dirname "$0")/lib.sh"

# Neighbours are fixed: nothing guards ARP against a wrong bit.
connect_badly()
{
	connect_cards
	ip neigh replace "$there4" lladdr 52:54:00:70:6b:02 dev eth0 nud permanent
	ip neigh replace "$there6" lladdr 52:54:00:70:6b:02 dev eth0 nud permanent
	there ip neigh replace "$here4" lladdr 52:54:00:70:6b:01 dev eth1 nud permanent
	there ip neigh replace "$here6" lladdr 52:54:00:70:6b:01 dev eth1 nud permanent
}

case__all_bytes_arrive_whole_all_the_same()
{
	connect_badly
	transfer 4000000 "$there4" there env
	transfer 4000000 "$there6" there env
	transfer 4000000 "$here4" env there
	transfer 4000000 "$here6" env there
}

case__both_cards_have_told_wrong_checksums()
{
	local here there

	here=$(counter rx_csum_offload_errors)
	there=$(counter rx_csum_offload_errors there)
	echo "# eth0 has told $here, eth1 $there"
	[ "$here" -gt 0 ] && [ "$there" -gt 0 ] || fail "one has told none"
}

case__and_no_card_has_hung()
{
	no_hang
}

run_cases
