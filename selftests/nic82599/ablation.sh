#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# One deliberate error of eth1's card after the other: stock ixgbe, bound to it anew, does
# what it does when the real card is broken so. What is modelled matters only where it
# makes a difference; where the table has "works" and no more, it makes none.

. "$(dirname "$0")/lib.sh"

# What each fault leads to: how far the driver comes, a word of the kernel's log (or -),
# and one more thing that fails then.
#
#	hangs    the driver's probe is not over after half a minute
#	refuses  there is no device
#	deaf     the device has no carrier
#	mute     not all pings are answered in time
#	works    they are
#
#	module   ethtool -m: what the module says of itself
#	speed    ethtool knows the speed
#	test     ethtool -t offline
#	filter   a perfect filter is set
#	cable    that the cable is pulled is seen
#	counters what ethtool -S says is what came
table='
none            works    -                                      -
reset           refuses  HW.Init.failed:.-5                     -
master          works    -                                      -
status          works    -                                      -
eeprom-absent   refuses  HW.Init.failed:.-5                     -
eerd            refuses  HW.Init.failed:.-5                     -
checksum        refuses  EEPROM.Checksum.Is.Not.Valid           -
eeprom-sfp      refuses  HW.Init.failed:.-5                     -
smbi            hangs    -                                      -
swesmbi         hangs    -                                      -
gssr            hangs    -                                      -
fwsm            works    firmware.error.detected                -
mac             refuses  invalid.MAC                            -
no-sfp          works    -                                      module
sfp-kind        refuses  unsupported.SFP                        -
sfp-maker       works    -                                      -
sfp-refused     refuses  unsupported.SFP                        -
esdp            works    -                                      -
esdp-counts     deaf     -                                      -
msca            works    -                                      -
autoc           works    -                                      test
anlp1           refuses  HW.Init.failed:.-5                     -
links           deaf     -                                      -
speed           works    -                                      speed
packet-buffer   works    Packet.Buffer.0..can.not.provide       -
dma-idone       works    -                                      -
security        works    -                                      -
rxdctl          mute     RXDCTL.ENABLE.on.Rx.queue.0.not.set    -
rxdctl-stuck    works    RXDCTL.ENABLE.for.one.*not.cleared     -
txdctl          works    -                                      -
eics            works    -                                      cable
rdlen           works    -                                      test
fdir-init       works    -                                      -
fdir-command    works    -                                      filter
all-ones        hangs    Adapter.removed                        -
no-interrupts   mute     -                                      -
eims-ex         mute     -                                      -
auto-mask       works    -                                      -
tx-done         mute     Detected.Tx.Unit.Hang                  -
rx-done         mute     -                                      -
clear-on-read   works    -                                      counters
gssr-reset      works    -                                      -
tx              mute     -                                      -
rx              mute     -                                      -
'

pci=0000:02:00.0
driver=/sys/bus/pci/drivers/ixgbe

has_device()
{
	[ -e /sys/bus/pci/devices/$pci/net ]
}

# The log since the fault began.
said()
{
	dmesg | tail -n +$((log_length + 1))
}

log_has()
{
	said | grep -E "$1"
}

# bind SECONDS: fails if it takes longer; it goes on.
bind()
{
	local end=$((SECONDS + $1))

	# A probe that fails makes the write fail.
	(echo $pci >$driver/bind) 2>/dev/null &
	while kill -0 $! 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

within()
{
	local end=$((SECONDS + $1))

	shift
	while [ "$SECONDS" -lt "$end" ]; do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.2
	done
	return 1
}

set_up()
{
	ip link set eth1 netns there
	there ip addr replace $there4/24 dev eth1
	there ip link set eth1 up
}

# Each within a second. The driver itself makes an interrupt every two seconds.
pings()
{
	busybox ping -c 20 -i 0.1 -W 1 "$there4" | grep -q ' 20 packets received'
}

# come_far WANTED: sets got to the word for how far the driver comes. It has much time
# for what is wanted of it, and a little for what is not.
come_far()
{
	local probe=200 carrier=90 answer=90

	case $1 in
	hangs) probe=30 ;;
	deaf) carrier=10 ;;
	mute) answer=15 ;;
	esac
	got=hangs
	bind $probe || return 0
	got=refuses
	has_device || return 0
	set_up
	got=deaf
	within $carrier has_carrier eth1 there || return 0
	got=mute
	within $answer pings || return 0
	got=works
}

module_works() { there ethtool -m eth1; }
speed_works() { there ethtool eth1 | grep -q 'Speed: 10000Mb/s'; }
test_works() { there ethtool -t eth1 offline; }

# ethtool -N says 0 also when the driver refuses.
filter_works()
{
	there ethtool -K eth1 ntuple on
	within 60 has_carrier eth1 there
	there ethtool -N eth1 flow-type udp4 dst-port 7777 action 0 loc 1
	there ethtool -n eth1 | grep -q 'Filter: 1$'
}

cable_works()
{
	model 0 --port 1 link down
	! within 10 has_no_carrier || { model 0 --port 1 link up; return 0; }
	model 0 --port 1 link up
	return 1
}

# Each look adds what the card has counted since the one before.
counters_works()
{
	for _ in 1 2 3 4; do counter rx_pkts_nic there; done >/dev/null
	[ "$(counter rx_pkts_nic there)" -lt $((2 * $(counter rx_packets there))) ]
}

has_no_carrier()
{
	! has_carrier eth1 there
}

# nothing_lacks: prints what a fault may take away and a card without one lacks as well; to
# miss it there would prove nothing.
nothing_lacks()
{
	local what

	for what in $(compgen -A function | sed -n 's/_works$//p'); do
		# Some of them take the link down for a while.
		within 60 has_carrier eth1 there || echo "no carrier before '$what'"
		"${what}_works" >/dev/null 2>&1 || echo "$what: fails without a fault"
	done
}

unbind()
{
	[ ! -e $driver/$pci ] || echo $pci >$driver/unbind
}

# try FAULT WANTED SAYS FAILS: prints what was not as it should be.
try()
{
	local fault=$1 wanted=$2 says=$3 fails=$4

	unbind
	model 0 --port 1 fault "$(number_of "$fault")"
	come_far "$wanted"
	[ "$got" = "$wanted" ] || echo "got '$got', expected '$wanted'"
	# Some is said only when rings are stopped.
	[ "$says" = - ] || [ "$got" != works ] || there ip link set eth1 down
	[ "$says" = - ] || within 60 log_has "$says" || echo "the log has no '$says'"
	[ "$fault" != none ] || nothing_lacks
	[ "$fails" = - ] || ! "${fails}_works" >/dev/null 2>&1 || echo "$fails: as without the fault"
	model 0 --port 1 fault 0
	wait
}

number_of()
{
	nic82599 --faults | awk -v name="$1:" '$2 == name { print $1 }'
}

# Those named, by default all. One that the table has not is a fault without a test.
run_faults()
{
	local n=0 failed=0 log_length wrong name row names=("$@")

	[ $# -gt 0 ] || mapfile -t names < <(nic82599 --faults | awk -F '[ :]' '{ print $2 }')
	echo "KTAP version 1"
	echo "1..${#names[@]}"
	for name in "${names[@]}"; do
		n=$((n + 1))
		read -ra row < <(awk -v name="$name" '$1 == name' <<<"$table")
		wrong="no row of the table"
		log_length=$(dmesg | wc -l)
		[ ${#row[@]} -ne 4 ] || wrong=$(try "${row[@]}")
		[ -z "$wrong" ] || { failed=1; echo -n "not "; }
		echo "ok $n $name: ${row[*]:1}"
		[ -z "$wrong" ] || { echo "$wrong"; said | tail -n 20; } | sed 's/^/# /'
	done
	exit $failed
}

connect_cards
run_faults "$@"
