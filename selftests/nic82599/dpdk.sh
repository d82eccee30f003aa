#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A second driver that is not ours: DPDK's ixgbe, under testpmd. It has the two cards in
# the middle of four (eth0 to eth1, eth2 to eth3) and forwards between them, so that
# stock ixgbe at both ends meets whom it cannot see.

. "$(dirname "$0")/lib.sh"

dpdk=${PIKA_DPDK:-$(. "$(dirname "$0")/../../tools/lib.sh" && echo "$pika_cache/dpdk")}
libraries=$dpdk/usr/lib/x86_64-linux-gnu

# pci_of DEVICE: its place on the bus.
pci_of()
{
	basename "$(readlink "/sys/class/net/$1/device")"
}

# give_away PCI: from the kernel's driver to programs.
give_away()
{
	echo uio_pci_generic >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
}

[ -e /sys/class/net/eth3 ] || {
	echo "dpdk.sh: expected four cards: tools/vm/run --nic 82599 --nics 4" >&2
	exit 2
}

# The far end, eth3, takes the name that the other scripts know.
take_middle()
{
	modprobe uio_pci_generic
	echo 128 >/proc/sys/vm/nr_hugepages
	ports="$(pci_of eth1) $(pci_of eth2)"
	for port in $ports; do give_away "$port"; done
	ip link set eth3 name eth1
	echo "$ports" >/tmp/ports
}

# forward OPTION...: testpmd with options of its own, until its standard input ends.
forward()
{
	local ports allowed

	[ -e /tmp/ports ] || take_middle
	read -ra ports </tmp/ports
	allowed=("${ports[@]/#/--allow=}")
	rm -f /tmp/end
	mkfifo /tmp/end
	LD_LIBRARY_PATH=$libraries stdbuf -oL "$dpdk/usr/bin/dpdk-testpmd" --in-memory --no-telemetry -l 0-1 \
		-d "$libraries/librte_bus_pci.so.23" -d "$libraries/librte_mempool_ring.so.23" \
		-d "$libraries/librte_net_ixgbe.so.23" "${allowed[@]}" \
		-- --total-num-mbufs=16384 "$@" </tmp/end >/tmp/testpmd 2>&1 &
	testpmd=$!
	exec 7>/tmp/end
	wait_for "testpmd" grep -q "Press enter to exit" /tmp/testpmd
}

# How many packets port I's driver has received.
received_by()
{
	awk -v port="$1" '/Forward statistics for port/ { at = $6 } /RX-packets/ && at == port {
		print $2; exit }' /tmp/testpmd
}

# What goes between eth0 and the far end goes through testpmd.
through()
{
	local port

	connect_cards
	ping_there "$there4"
	ping_there "$there6"
	transfer 4000000 "$there4" there env
	transfer 4000000 "$here6" env there
	echo >&7
	exec 7>&-
	wait "$testpmd" || fail "$(cat /tmp/testpmd)"
	for port in 0 1; do
		[ "$(received_by "$port")" -gt 1000 ] || fail "$(cat /tmp/testpmd)"
	done
}

case__testpmd_forwards_between_two_cards()
{
	forward --forward-mode=io
	through
}

# In this mode testpmd has the cards insert checksums, and writes addresses anew.
case__and_with_two_queues_and_the_cards_checksums()
{
	forward --forward-mode=csum --rxq=2 --txq=2 --rx-offloads=0xe --tx-offloads=0xe \
		--eth-peer=0,52:54:00:70:6b:01 --eth-peer=1,52:54:00:70:6b:04
	through
}

run_cases
