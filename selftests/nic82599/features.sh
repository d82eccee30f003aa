#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the card does for its driver: offloads, steering, VLANs, long frames, and the
# driver's own test of it.

. "$(dirname "$0")/lib.sh"

bytes=${long:+20000000}
bytes=${bytes:-4000000}
flows=400

queues=$(ethtool -l eth0 | awk '/^Combined:/ { now = $2 } END { print now }')
last=$((queues - 1))
[ "$queues" -gt 1 ] || {
	echo "features.sh: expected several queues: tools/vm/run --nic 82599:queues=4" >&2
	exit 2
}

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

# queue_counts DEVICE WHERE: packets that each queue has received; WHERE is "there" or
# "env".
queue_counts()
{
	"$2" ethtool -S "$1" | sed -nE 's/^ *rx_queue_([0-9]+)_packets: ([0-9]+)/\2/p'
}

# came_by DEVICE WHERE COMMAND...: sets came to the packets that each queue got by it, and
# total to those of all.
came_by()
{
	local before after i

	mapfile -t before < <(queue_counts "$1" "$2")
	"${@:3}"
	sleep 1
	mapfile -t after < <(queue_counts "$1" "$2")
	came=()
	total=0
	# Statistics have lines for 64.
	for ((i = 0; i < queues; i++)); do
		came[i]=$((after[i] - before[i]))
		total=$((total + came[i]))
	done
}

# syns HOST [PORT...]: a connection from each port, or from $flows that the kernel
# chooses, is tried and refused: a packet each way.
syns()
{
	python3 -c '
import socket, sys
for port in map(int, sys.argv[3:] or [0] * int(sys.argv[2])):
    try:
        socket.create_connection((sys.argv[1], 9), 5, ("", port))
    except ConnectionRefusedError:
        pass' "$1" "$flows" "${@:2}"
}

# spread COMMAND...: sends a packet in each of $flows flows; every queue of eth1 has its
# share.
spread()
{
	local came total n

	came_by eth1 there "$@"
	echo "# queues got ${came[*]}: $*"
	for n in "${came[@]}"; do
		[ "$n" -ge $((flows * 6 / queues / 10)) ] || fail "not even"
	done
}

case__flows_spread_over_queues()
{
	local host

	connect_cards
	there ethtool -N eth1 rx-flow-hash udp4 sdfn
	there ethtool -N eth1 rx-flow-hash udp6 sdfn
	for host in "$there4" "$there6"; do
		ping_there "$host"
		spread traffic flows "$host" 9 "$flows"
		spread syns "$host"
	done
}

case__a_perfect_filter_steers_its_flow()
{
	local came total

	connect_cards
	there ethtool -K eth1 ntuple on
	connect_cards
	there ethtool -N eth1 flow-type udp4 dst-port 7777 action "$last" loc 5
	there ethtool -n eth1 | grep -q 'Filter: 5' || fail "$(there ethtool -n eth1)"
	ping_there "$there4"
	came_by eth1 there traffic flows "$there4" 7777 50
	[ "${came[last]}" -ge 50 ] || fail "of 50 queues got ${came[*]}"
	there ethtool -N eth1 flow-type udp4 dst-port 7777 action -1 loc 5
	came_by eth1 there traffic flows "$there4" 7777 50
	[ "$total" -lt 10 ] || fail "a dropping filter let them in: queues got ${came[*]}"
	there ethtool -N eth1 delete 5
	there ethtool -K eth1 ntuple off
}

# As PIKA has one for each group of flows.
case__a_filter_by_a_port_s_low_bits_steers_its_flows()
{
	local came total n right=() others=()

	connect_cards
	there ethtool -K eth1 ntuple on
	connect_cards
	# By RSS alone all would come to queue 0.
	there ethtool -X eth1 equal 1
	ping_there "$there4"
	# Bits that are set in the mask do not count.
	there ethtool -N eth1 flow-type tcp4 src-port $((0x234)) m 0xf000 action "$last" loc 7
	there ethtool -n eth1 | grep -q 'Filter: 7' || fail "$(there ethtool -n eth1)"
	for n in {1..15}; do
		right+=($((n << 12 | 0x234)))
		others+=($((n << 12 | 0x235)) $((n << 12 | 0xa34)))
	done
	came_by eth1 there syns "$there4" "${right[@]}"
	[ "${came[last]}" -ge 15 ] || fail "of 15 queues got ${came[*]}"
	came_by eth1 there syns "$there4" "${others[@]}"
	expect_equal "what queue $last got of others" "${came[last]}" 0
	there ethtool -N eth1 delete 7
	there ethtool -X eth1 default
	there ethtool -K eth1 ntuple off
}

case__flows_return_to_the_queue_that_sent()
{
	local before came total

	connect_cards
	ethtool -K eth0 ntuple off
	connect_cards
	before=$(counter fdir_match)
	transfer "$bytes" "$here4" env there
	sleep 3
	[ $(($(counter fdir_match) - before)) -ge 1000 ] ||
		fail "fdir_match: $before, then $(counter fdir_match)"
	# By RSS alone all would come to queue 0; the last CPU sends by the last queue.
	ethtool -X eth0 equal 1
	taskset -cp "$last" "$BASHPID" >/dev/null
	came_by eth0 env syns "$there4"
	ethtool -X eth0 default
	[ "${came[last]}" -ge $((flows * 9 / 10)) ] || fail "of $flows queues got ${came[*]}"
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

case__and_no_card_has_hung()
{
	connect_cards
	no_hang
}

run_cases
