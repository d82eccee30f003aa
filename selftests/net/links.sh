#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Links come and go while a stack runs, programs hold sockets and bytes flow.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# wire [NAME OTHER NET]: one more pair of devices, with addresses; by default veth0's.
wire()
{
	local name=${1-veth0} other=${2-veth1} net=${3-9}

	ip link add "$name" netns srv type veth peer name "$other" netns cli
	ip -n srv addr add "10.$net.0.1/24" dev "$name"
	ip -n cli addr add "10.$net.0.2/24" dev "$other"
	ip -n srv link set "$name" up
	ip -n cli link set "$other" up
}

second_wire()
{
	wire veth2 veth3 7
}

# refused LINE PIKACTL-ARGUMENT...: one line, exit status 1, and nothing has changed.
refused()
{
	local status=0 said before

	before=$(srv pikactl show)
	said=$(srv pikactl "${@:2}" 2>&1) || status=$?
	expect_equal "exit status of '${*:2}'" "$status" 1
	expect_equal "what '${*:2}' says" "$said" "pikactl: pika.ko: $1"
	expect_equal "stack after '${*:2}'" "$(srv pikactl show)" "$before"
}

# has LINKS: of the stack.
has()
{
	expect_equal links "$(srv pikactl show --json | sed -n 's/.*"links": "\(.*\)".*/\1/p')" "$1"
}

case__a_link_that_is_added_serves_and_one_that_is_removed_does_not()
{
	start TS1LS1CM1
	second_wire
	serve srv streams --pika serve 80 4
	cli streams ask 10.7.0.1 80 1 3000
	opened 0
	srv pikactl link add veth2
	has veth0,veth2
	cli streams ask 10.7.0.1 80 1 3000
	cli streams ask 10.9.0.1 80 1 3000
	opened 2
	srv pikactl link del veth2
	has veth0
	cli streams ask 10.7.0.1 80 1 3000
	wait "$server"
	opened 2
	# Whoever wants it may have it now.
	srv ip link add bridge type bridge
	srv ip link set veth2 master bridge
	stop
}

case__programs_connect_by_a_link_that_was_added()
{
	start TS1LS1CM1
	second_wire
	srv pikactl link add veth2
	serve cli streams serve 80 1
	srv streams --pika ask 10.7.0.2 80 1 3000
	wait "$server"
	opened 0 1
	stop
}

case__what_cannot_be_is_refused_in_one_line()
{
	net
	load
	refused "no stack is started in this namespace" link add veth0
	refused "no stack is started in this namespace" link del veth0
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 256
	second_wire
	refused "link veth7: no such device here" link add veth7
	refused "link veth1: no such device here" link add veth1
	refused "link veth7: no such device here" link del veth7
	refused "link veth2: is none of this stack" link del veth2
	refused "link veth0: is the only one; stop the stack, or add another first" \
		link del veth0
	refused "link veth0: is one of this stack already" link add veth0
	srv ip link property add dev veth0 altname zero
	refused "link veth0: is one of this stack already" link add zero
	refused "link lo: is loopback, or a port of something else" link add lo
	srv ip link add bridge type bridge
	srv ip link set veth2 master bridge
	refused "link veth2: is loopback, or a port of something else" link add veth2
	stop
}

# count_larger DEVICE MTU: of the client's; larger says how many packets have come by
# it from now on that the MTU does not allow.
count_larger()
{
	cli nft -f - <<-END
	table netdev t {
		chain c {
			type filter hook ingress device $1 priority 0
			meta length > $2 tcp sport 80 counter
		}
	}
	END
}

larger()
{
	cli nft list table netdev t | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}

# narrows MTU ADDRESS: in the middle of a transfer from there. What has offloads may be
# sent large all the same, and is cut later. The peer's MTU stays, so it hears all; it sends
# nothing, as veth takes nothing that is larger than its own.
narrows()
{
	local client before

	start TS1LS1CM1
	offload srv veth0 off
	srv tc qdisc add dev veth0 root netem rate 8mbit limit 1000
	count_larger veth1 "$1"
	head -c 4000000 /dev/urandom >/tmp/poured
	serve srv sh -c "pour --pika listen 80 </tmp/poured 2>&1"
	cli pour connect "$2" 80 </dev/null >/tmp/client.got &
	client=$!
	sleep 1
	before=$(larger)
	[ "$before" -gt 100 ] || fail "only $before large packets before"
	srv ip link set veth0 mtu "$1"
	# What was in the queue has left by then.
	sleep 1
	before=$(larger)
	[ -e "/proc/$client" ] || fail "it was over before"
	wait "$client"
	wait "$server"
	expect_equal "what has come" "$(sha256sum </tmp/client.got)" \
		"$(sha256sum </tmp/poured)"
	expect_equal "packets larger than the MTU" "$(larger)" "$before"
	opened 1
	stop
}

case__a_smaller_mtu_holds_for_connections_that_exist()
{
	narrows 1000 10.9.0.1
}

case__a_smaller_mtu_holds_for_connections_over_ipv6()
{
	narrows 1300 fd09::1
}

# The smallest is everybody's, as long as it is there.
case__a_link_may_have_a_smaller_mtu_than_the_others()
{
	start TS1LS1CM1
	second_wire
	srv ip link set veth2 mtu 1000
	offload srv veth0 off
	offload srv veth2 off
	serve srv streams --pika epoll 80 3
	srv pikactl link add veth2
	count_larger veth3 1000
	cli streams ask 10.7.0.1 80 1 300000
	expect_equal "larger packets by it" "$(larger)" 0
	cli nft delete table netdev t
	count_larger veth1 1000
	cli streams ask 10.9.0.1 80 1 300000
	expect_equal "larger packets by the other" "$(larger)" 0
	srv pikactl link del veth2
	cli streams ask 10.9.0.1 80 1 300000
	wait "$server"
	[ "$(larger)" -gt 100 ] || fail "only $(larger) large packets when it is gone"
	opened 3
	stop
}

case__there_are_at_most_sixteen()
{
	local i

	start TS1LS1CM1
	for i in {1..16}; do
		srv ip link add "d$i" type dummy
		[ "$i" -eq 16 ] || srv pikactl link add "d$i"
	done
	refused "link d16: expected at most 16" link add d16
	srv ip link del d7
	srv pikactl link add d16
	has veth0,d1,d2,d3,d4,d5,d6,d16,d8,d9,d10,d11,d12,d13,d14,d15
	stop
}

case__only_root_of_the_machine_may_change_them()
{
	local how

	start TS1LS1CM1
	second_wire
	for how in "unshare -Ur" "setpriv --reuid 65534 --clear-groups"; do
		# shellcheck disable=SC2086 # a command and its options
		! srv $how pikactl link add veth2 2>/tmp/said || fail "added: $how"
		expect_equal "what it says" "$(cat /tmp/said)" \
			"pikactl: pika.ko: Operation not permitted"
		# shellcheck disable=SC2086
		! srv $how pikactl link del veth0 2>/dev/null || fail "removed: $how"
	done
	has veth0
	stop
}

case__a_connection_outlives_its_device()
{
	local client

	start TS1LS1CM1
	srv tc qdisc add dev veth0 root netem rate 8mbit limit 1000
	serve srv streams --pika serve 80 1
	cli streams ask 10.9.0.1 80 1 4000000 &
	client=$!
	sleep 0.5
	[ -e "/proc/$client" ] || fail "it was over before"
	srv ip link del veth0
	has ""
	wire
	srv pikactl link add veth0
	has veth0
	wait "$client"
	wait "$server"
	opened 1
	stop
}

case__a_connection_goes_on_by_a_link_that_was_removed()
{
	local client

	start TS1LS1CM1
	second_wire
	srv pikactl link add veth2
	srv tc qdisc add dev veth2 root netem rate 8mbit limit 1000
	serve srv streams --pika --v6 serve 80 1
	cli streams ask 10.7.0.1 80 1 3000000 &
	client=$!
	sleep 0.5
	[ -e "/proc/$client" ] || fail "it was over before"
	srv pikactl link del veth2
	wait "$client"
	wait "$server"
	opened 1
	stop
}

# ack_alone: from a port where nobody is; prints the flags of what is answered.
ack_alone()
{
	cli timeout 20 python3 -c '
from socket import *
from struct import pack, unpack
peer = "10.7.0.1"
raw = socket(AF_INET, SOCK_RAW, IPPROTO_TCP)
tcp = lambda s: pack(">HHIIBBHHH", 12345, 80, 1, 1, 0x50, 0x10, 1000, s, 0)
words = unpack(">16H", inet_aton("10.7.0.2") + inet_aton(peer) + pack(">HH", 6, 20) + tcp(0))
total = sum(words)
raw.sendto(tcp(~(total + (total >> 16)) & 0xffff), (peer, 0))
while (answer := raw.recv(2048))[20:24] != pack(">HH", 80, 12345):
    pass
print(answer[33])'
}

# Segments that are nobody's leave Linux's way as well, and Linux answers them.
case__a_segment_of_no_connection_is_reset_by_any_device()
{
	start TS1LS1CM1
	second_wire
	serve srv streams --pika hold 80
	expect_equal flags "$(ack_alone)" 4
	look
	expect_equal "segments that PIKA saw" "$(counter link.segments)" 1
	kill "$server"
	wait "$server" || true
	stop
}

# added_and_removed: veth2, and what is sent by it, for as long as $1 runs.
added_and_removed()
{
	local times=0

	while [ -e "/proc/$1" ]; do
		srv pikactl link add veth2
		cli streams ask 10.7.0.1 81 1 3000
		srv pikactl link del veth2
		times=$((times + 1))
	done
	[ "$times" -gt 1 ] || fail "no traffic any more after $times times"
	echo "# $times times"
}

case__others_do_not_feel_it()
{
	local client other

	start TS1LS1CM1
	second_wire
	cli tc qdisc add dev veth1 root netem rate 8mbit limit 1000
	serve srv streams --pika epoll 81 100000
	other=$server
	serve srv streams --pika epoll 80 1
	cli streams ask 10.9.0.1 80 1 12000000 &
	client=$!
	added_and_removed "$client"
	wait "$client"
	wait "$server"
	kill "$other"
	wait "$other" || true
	stop
}

# coming: for a time, and until each of them has come once, for at most a minute more.
coming()
{
	[ "$SECONDS" -ge "$1" ] || return 0
	[ "$SECONDS" -lt $(($1 + 60)) ] &&
		! { [ -s /tmp/devices ] && [ -s /tmp/links ] && [ -s /tmp/stacks ]; }
}

# Each of them fails when another one was faster, but not each time; and then all is well.
case__devices_links_and_the_stack_come_and_go_at_once()
{
	local until what

	rm -f /tmp/devices /tmp/links /tmp/stacks
	start TS1LS1CM1
	until=$((SECONDS + ${long:+2}5))
	while coming "$until"; do
		! second_wire || echo device
		srv ip link del veth2 || true
	done >/tmp/devices 2>/dev/null &
	while coming "$until"; do
		! srv pikactl link add veth2 || echo link
		srv pikactl link del veth0 || true
		srv pikactl link add veth0 || true
		srv pikactl link del veth2 || true
	done >/tmp/links 2>/dev/null &
	while coming "$until"; do
		srv pikactl stop || true
		! srv pikactl start TS1LS1CM1 --link veth0 --max-conns 256 || echo stack
	done >/tmp/stacks 2>/dev/null &
	wait
	for what in device link stack; do
		echo "# $(grep -cx "$what" "/tmp/${what}s" || true) times a $what"
		grep -qx "$what" "/tmp/${what}s" || fail "no $what ever came"
	done
	srv pikactl stop 2>/dev/null || true
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 256
	serve srv streams --pika serve 80 1
	cli streams ask 10.9.0.1 80 1 3000
	wait "$server"
	opened 1
	stop
}

run_cases
