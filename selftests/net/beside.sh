#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Linux's own tools beside a stack: what they forbid is forbidden, what they show is so.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# device_rule HOOK RULE: in the server's namespace, for packets of its device.
device_rule()
{
	srv nft -f - <<-END 2>/tmp/nft.said || skip "this kernel has no $1 hook"
	table netdev t {
		chain c { type filter hook $1 device veth0 priority 0; $2; }
	}
	END
}

no_device_rule()
{
	srv nft delete table netdev t
}

# counted: bytes that the device's rule has seen.
counted()
{
	srv nft list table netdev t | sed -n 's/.*counter packets [0-9]* bytes \([0-9]*\).*/\1/p'
}

# received: bytes that have come over the client's connection.
received()
{
	cli ss -Htin dport = :80 | sed -n 's/.*bytes_received:\([0-9]*\).*/\1/p'
}

# expect_standstill PID: soon nothing comes any more, and the client waits for it.
expect_standstill()
{
	local was='' now

	for _ in {1..15}; do
		[ -e "/proc/$1" ] || fail "the client has come to its end"
		now=$(received)
		[ -n "$now" ] || fail "no connection is seen"
		[ "$now" != "$was" ] || return 0
		was=$now
		sleep 2
	done
	fail "bytes still come, $now by now"
}

# holds_up HOOK RULE: it keeps connections from being made, and stops one that is
# there; both go on without it.
holds_up()
{
	local client

	start TS1LS1CM1
	serve srv streams --pika --v6 epoll 80 3
	device_rule "$1" "$2"
	! cli timeout 3 streams ask 10.9.0.1 80 1 10 || fail "IPv4 connected"
	! cli timeout 3 streams ask fd09::1 80 1 10 || fail "IPv6 connected"
	look
	expect_equal "connections made" "$(counter ts.established)" 0
	no_device_rule
	cli streams ask fd09::1 80 1 10
	cli streams ask 10.9.0.1 80 1 10
	srv tc qdisc add dev veth0 root netem rate 1mbit limit 1000
	cli streams ask 10.9.0.1 80 1 2000000 &
	client=$!
	sleep 0.5
	device_rule "$1" "$2"
	expect_standstill "$client"
	srv tc qdisc del dev veth0 root
	no_device_rule
	wait "$client"
	wait "$server"
	stop
}

case__an_ingress_rule_of_the_device_that_drops()
{
	holds_up ingress "tcp dport 80 drop"
}

case__an_egress_rule_of_the_device_that_drops()
{
	holds_up egress "tcp sport 80 drop"
}

case__rules_of_the_device_see_every_packet()
{
	local hook

	for hook in "ingress tcp dport" "egress tcp sport"; do
		reset_module
		start TS1LS1CM1
		serve srv streams --pika serve 80 1
		device_rule "${hook%% *}" "${hook#* } 80 counter"
		cli streams ask 10.9.0.1 80 1 1000000
		wait "$server"
		[ "$(counted)" -gt 1000000 ] || fail "$hook 80: $(counted) bytes counted"
		stop
	done
}

case__tcpdump_sees_every_packet()
{
	local dump

	start TS1LS1CM1
	offload srv veth0 off
	offload cli veth1 off
	serve srv streams --pika serve 80 1
	ip netns exec srv tcpdump -i veth0 -nn -l -B 16384 tcp port 80 >/tmp/dump 2>/tmp/dump.said &
	dump=$!
	for _ in {1..200}; do
		! grep -q listening /tmp/dump.said || break
		sleep 0.05
	done
	cli streams ask 10.9.0.1 80 1 300000
	wait "$server"
	# Both ends' last words.
	for _ in {1..100}; do
		[ "$(grep -c 'Flags \[F' /tmp/dump)" -lt 2 ] || break
		sleep 0.05
	done
	kill -INT "$dump"
	wait "$dump" || true
	expect_equal SYNs "$(grep -c 'Flags \[S\]' /tmp/dump)" 1
	expect_equal SYN-ACKs "$(grep -c 'Flags \[S\.\]' /tmp/dump)" 1
	for end in "10.9.0.2.[0-9]* > 10.9.0.1.80" "10.9.0.1.80 > 10.9.0.2.[0-9]*"; do
		expect_equal "bytes of $end" "$(grep "$end" /tmp/dump |
			sed -n 's/.* seq \([0-9]*:[0-9]*\).*/\1/p' | sort -u |
			awk -F : '{ sum += $2 - $1 } END { print sum }')" 300000
	done
	stop
}

case__ss_lists_listeners_and_what_is_linux_s()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	serve cli streams hold 7000
	srv python3 -c '
from socket import *
import signal
linux = create_connection(("10.9.0.2", 7000))
pika = socket(AF_INET, SOCK_STREAM, 253)
pika.connect(("10.9.0.2", 7000))
print("connected", flush=True)
signal.pause()' >/tmp/python.said &
	for _ in {1..200}; do
		! grep -q connected /tmp/python.said || break
		sleep 0.05
	done
	expect_equal "ss -l" "$(srv ss -Htln | awk '{ print $1, $4 }')" "LISTEN 0.0.0.0:80"
	expect_equal "Linux's connections" "$(srv ss -Htn | awk '{ print $1, $5 }')" \
		"ESTAB 10.9.0.2:7000"
	expect_equal "PIKA's connections" \
		"$(srv pikactl connections | cut -d ' ' -f 1,3)" "established 10.9.0.2:7000"
	srv pikactl stop --force
}

run_cases
