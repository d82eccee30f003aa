#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the card does for its driver: offloads, steering, VLANs, long frames, and the
# driver's own test of it.

. "$(dirname "$0")/lib.sh"

bytes=${long:+20000000}
bytes=${bytes:-4000000}

# offload WHAT on|off: at both ends.
offload()
{
	ethtool -K eth0 "$1" "$2"
	there ethtool -K eth1 "$1" "$2"
}

both_ways()
{
	transfer "$bytes" "$there4" there env
	transfer "$bytes" "$there6" there env
	transfer "$bytes" "$here4" env there
	transfer "$bytes" "$here6" env there
	expect_equal "rx_csum_offload_errors" "$(counter rx_csum_offload_errors)" 0
	expect_equal "eth1's rx_csum_offload_errors" "$(counter rx_csum_offload_errors there)" 0
}

case__segments_and_checksums_are_the_card_s()
{
	connect_cards
	both_ways
}

case__and_without_its_help_the_driver_s()
{
	local what

	connect_cards
	for what in tso gso gro tx rx sg; do offload "$what" off; done
	both_ways
	for what in rx tx sg; do offload "$what" on; done
	both_ways
	for what in gro gso tso; do offload "$what" on; done
}

case__large_receive_offload_changes_no_byte()
{
	connect_cards
	offload lro on
	both_ways
	offload lro off
}

# queue_counts DEVICE-PREFIX...: of received packets of each queue.
queue_counts()
{
	"$@" ethtool -S eth1 | sed -nE 's/^ *rx_queue_([0-9]+)_packets: ([0-9]+)/\2/p'
}

# How many there are: statistics have lines for 64.
queues_there()
{
	there ethtool -l eth1 | awk '/^Combined:/ { now = $2 } END { print now }'
}

case__flows_spread_over_queues()
{
	local before after most=0 least=1000000 i n queues flows=400

	connect_cards
	there ethtool -N eth1 rx-flow-hash udp4 sdfn
	ping_there "$there4"
	queues=$(queues_there)
	[ "$queues" -gt 1 ] || skip "one queue"
	mapfile -t before < <(queue_counts there)
	traffic flows "$there4" 9 "$flows"
	sleep 1
	mapfile -t after < <(queue_counts there)
	for ((i = 0; i < queues; i++)); do
		n=$((after[i] - before[i]))
		[ "$n" -le "$most" ] || most=$n
		[ "$n" -ge "$least" ] || least=$n
	done
	echo "# of $flows flows each of $queues queues got $least to $most"
	[ "$least" -ge $((flows * 6 / queues / 10)) ] || fail "not even"
}

case__a_perfect_filter_steers_its_flow()
{
	local before after last

	connect_cards
	there ethtool -K eth1 ntuple on
	connect_cards
	last=$(($(queues_there) - 1))
	[ "$last" -gt 0 ] || skip "one queue"
	there ethtool -N eth1 flow-type udp4 dst-port 7777 action "$last" loc 5
	there ethtool -n eth1 | grep -q 'Filter: 5' || fail "$(there ethtool -n eth1)"
	ping_there "$there4"
	mapfile -t before < <(queue_counts there)
	traffic flows "$there4" 7777 50
	sleep 1
	mapfile -t after < <(queue_counts there)
	[ $((after[last] - before[last])) -ge 50 ] ||
		fail "queue $last got $((after[last] - before[last])) of 50"
	there ethtool -N eth1 flow-type udp4 dst-port 7777 action -1 loc 5
	traffic flows "$there4" 7777 50
	sleep 1
	mapfile -t before < <(queue_counts there)
	[ $((before[last] - after[last])) -lt 10 ] || fail "a dropping filter let them in"
	there ethtool -N eth1 delete 5
	there ethtool -K eth1 ntuple off
}

case__flows_return_to_the_queue_that_sent()
{
	local before

	connect_cards
	ethtool -K eth0 ntuple off
	connect_cards
	before=$(counter fdir_match)
	transfer "$bytes" "$here4" env there
	sleep 3
	[ $(($(counter fdir_match) - before)) -ge 1000 ] ||
		fail "fdir_match: $before, then $(counter fdir_match)"
}

case__vlans_are_taken_off_put_on_and_filtered()
{
	local before

	connect_cards
	ip link add link eth0 name v100 type vlan id 100
	there ip link add link eth1 name v100 type vlan id 100
	ip addr add 10.100.0.1/24 dev v100
	there ip addr add 10.100.0.2/24 dev v100
	ip link set v100 up
	there ip link set v100 up
	ping_there 10.100.0.2
	transfer "$bytes" 10.100.0.2 there env
	# A VLAN that only this side has.
	ip link add link eth0 name v200 type vlan id 200
	ip addr add 10.200.0.1/24 dev v200
	ip link set v200 up
	ip neigh add 10.200.0.2 lladdr 52:54:00:70:6b:02 dev v200
	sleep 1
	before=$(of_model 1 filtered)
	traffic flows 10.200.0.2 9 20
	sleep 1
	[ $(($(of_model 1 filtered) - before)) -ge 20 ] || fail "VLAN 200 was not filtered"
	offload rxvlan off
	offload txvlan off
	ping_there 10.100.0.2
	offload rxvlan on
	offload txvlan on
	ip link del v100
	ip link del v200
	there ip link del v100
}

case__frames_of_9000_bytes_pass()
{
	connect_cards
	ip link set eth0 mtu 9000
	there ip link set eth1 mtu 9000
	connect_cards
	wait_for "the first answer" busybox ping -c 1 -W 1 "$there4"
	busybox ping -c 3 -s 8972 "$there4" | grep -q ' 3 packets received' || fail "no long pings"
	transfer "$bytes" "$there4" there env
	transfer "$bytes" "$here6" env there
	ip link set eth0 mtu 1500
	there ip link set eth1 mtu 1500
}

case__the_driver_s_own_test_passes()
{
	local said

	connect_cards
	said=$(ethtool -t eth0 offline) || fail "$said"
	grep -q 'PASS' <<<"$said" || fail "$said"
	! grep -E '[[:space:]][1-9][0-9]*$' <<<"$said" || fail "$said"
	connect_cards
	ping_there "$there4"
}

run_cases
