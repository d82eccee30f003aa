#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Many bytes over a wire that loses, reorders and duplicates packets: all arrive, and it
# does not take much longer than between two ends of Linux's.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# Offloads are off so that it is packets of one segment that are lost, as on a real wire.
bad_wire()
{
	local bad="delay 1ms loss 1% duplicate 1% reorder 99% gap 50"

	offload srv veth0 off
	offload cli veth1 off
	# shellcheck disable=SC2086 # words
	srv tc qdisc add dev veth0 root netem $bad limit 10000
	# shellcheck disable=SC2086
	cli tc qdisc add dev veth1 root netem $bad limit 10000
}

file_of()
{
	head -c "$1" /dev/urandom >/tmp/poured
	: >/tmp/nothing
}

# pour HOST PROTOCOL UP DOWN: from client to server and back; sets took, in ms.
pour()
{
	local said=/tmp/pour.said server

	: >"$said"
	# shellcheck disable=SC2086 # nothing or --pika
	ip netns exec srv pour $2 listen 80 <"$4" >/tmp/server.got 2>"$said" &
	server=$!
	for _ in {1..200}; do
		! grep -q listening "$said" || break
		sleep 0.05
	done
	took=$(cli pour connect "$1" 80 <"$3" 2>&1 >/tmp/client.got) || fail "client: $took"
	wait "$server" || fail "server: $(cat "$said")"
	expect_equal "at the server" "$(sha256sum </tmp/server.got)" "$(sha256sum <"$3")"
	expect_equal "at the client" "$(sha256sum </tmp/client.got)" "$(sha256sum <"$4")"
}

# over HOST: both ways, three times in turn, so that luck with losses counts less; PIKA
# takes at most three times as long as Linux. A single one may be Linux's lucky one, so the
# worst of them is told and not judged.
over()
{
	local linux=0 pika=0 said="" worst=0 way took by_linux

	start TS1LS1CM1
	bad_wire
	file_of $((long ? 20000000 : 4000000))
	for _ in {1..3}; do
		for way in "/tmp/poured /tmp/nothing" "/tmp/nothing /tmp/poured"; do
			# shellcheck disable=SC2086 # two files
			pour "$1" "" $way
			linux=$((linux + took))
			by_linux=$took
			said+=" Linux $took"
			# shellcheck disable=SC2086
			pour "$1" --pika $way
			pika=$((pika + took))
			said+=" PIKA $took;"
			worst=$((100 * took > worst * by_linux ? 100 * took / by_linux : worst))
		done
	done
	echo "# ms, to and fro:$said in all Linux $linux PIKA $pika, the worst one $worst %"
	look
	[ "$(counter ts.fast_retransmits)" -gt 0 ] || fail "nothing was lost"
	[ "$pika" -le $((3 * linux)) ] || fail "PIKA $pika ms, Linux $linux ms"
	stop
}

case__what_is_lost_over_ipv4_comes_in_time()
{
	over 10.9.0.1
}

case__what_is_lost_over_ipv6_comes_in_time()
{
	over fd09::1
}

run_cases
