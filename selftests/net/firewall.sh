#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Linux's netfilter rules decide which connections PIKA has.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# rules NAMESPACE: the chains on standard input, for both families.
rules()
{
	{
		echo "table inet t {"
		cat
		echo "}"
	} | ip netns exec "$1" nft -f -
}

# no_rules NAMESPACE
no_rules()
{
	ip netns exec "$1" nft delete table inet t
}

# counted CHAIN: packets that its counter has seen.
counted()
{
	srv nft list chain inet t "$1" | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}

# expect_counter NAME WANTED: of pikactl stats, now.
expect_counter()
{
	look
	expect_equal "$1" "$(counter "$1")" "$2"
}

# needs_nat: not every kernel has it.
needs_nat()
{
	rules srv <<<"chain n { type nat hook prerouting priority -100; }" 2>/dev/null ||
		skip "this kernel has no NAT"
	no_rules srv
}

case__an_input_rule_that_drops_keeps_connections_out()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 serve 80 2
	rules srv <<<"chain i { type filter hook input priority 0; tcp dport 80 drop; }"
	! cli timeout 3 streams ask 10.9.0.1 80 1 10 || fail "IPv4 connected"
	! cli timeout 3 streams ask fd09::1 80 1 10 || fail "IPv6 connected"
	expect_counter ts.passive_opens 0
	no_rules srv
	cli streams ask 10.9.0.1 80 1 10
	cli streams ask fd09::1 80 1 10
	wait "$server"
	expect_counter ts.passive_opens 2
	stop
}

case__an_input_rule_that_rejects_refuses_connections()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 hold 80
	rules srv <<-END
	chain i {
		type filter hook input priority 0
		tcp dport 80 reject with tcp reset
	}
	END
	cli streams refused 10.9.0.1 80
	cli streams refused fd09::1 80
	expect_counter ts.passive_opens 0
	srv pikactl stop --force
}

case__a_rule_sees_each_connection_once()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 serve 80 20
	rules srv <<<"chain i { type filter hook input priority 0; tcp dport 80 counter; }"
	cli streams again 10.9.0.1 80 10 5000
	cli streams again fd09::1 80 10 5000
	wait "$server"
	expect_equal "packets counted" "$(counted i)" 20
	expect_counter ts.passive_opens 20
	stop
}

case__stateful_rules_let_new_ones_in_and_track_none()
{
	start TS1LS1CM1
	serve srv streams --pika --v6 serve 80 10
	serve cli streams --v6 serve 7000 10
	rules srv <<-END
	chain i {
		type filter hook input priority 0; policy drop
		meta l4proto 58 accept
		ct state new tcp dport 80 accept
	}
	chain o {
		type filter hook output priority 0; policy drop
		meta l4proto 58 accept
		ct state new tcp dport 7000 counter accept
	}
	END
	cli streams again 10.9.0.1 80 5 1000
	cli streams again fd09::1 80 5 1000
	srv streams --pika again 10.9.0.2 7000 5 1000
	srv streams --pika again fd09::2 7000 5 1000
	expect_equal "SYNs counted" "$(counted o)" 10
	expect_equal "connections tracked" \
		"$(srv cat /proc/sys/net/netfilter/nf_conntrack_count)" 0
	stop
}

# rejects HOW: an output rule does, and without it connections are there.
rejects()
{
	start TS1LS1CM1
	serve cli streams --v6 serve 7000 2
	rules srv <<-END
	chain o {
		type filter hook output priority 0
		tcp dport 7000 reject with $1
	}
	END
	srv streams --pika refused 10.9.0.2 7000
	srv streams --pika refused fd09::2 7000
	look
	expect_equal connections "$(counter ts.established)" 0
	no_rules srv
	srv streams --pika ask 10.9.0.2 7000 1 10
	srv streams --pika ask fd09::2 7000 1 10
	wait "$server"
	stop
}

case__an_output_rule_that_rejects_by_a_reset_refuses_connect()
{
	rejects "tcp reset"
}

case__an_output_rule_that_rejects_by_icmp_refuses_connect()
{
	rejects "icmpx port-unreachable"
}

# Loopback is Linux's: a reset there that no rule has made is none of ours.
case__a_reset_over_loopback_reaches_linux()
{
	start TS1LS1CM1
	srv timeout 20 pika-run --require python3 -c '
from socket import *
import errno, struct
s = socket()
s.bind(("", 80))
s.listen()
far = create_connection(("127.0.0.1", 80))
near = s.accept()[0]
far.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
far.close()
try:
    near.recv(1)
except ConnectionResetError:
    pass
else:
    raise Exception("no reset")'
	look
	expect_equal "packets that a server has seen" "$(counter link.received)" 0
	stop
}

case__an_output_rule_that_drops_stops_connect()
{
	start TS1LS1CM1
	serve cli streams --v6 serve 7000 2
	rules srv <<<"chain o { type filter hook output priority 0; tcp dport 7000 drop; }"
	! srv timeout 3 streams --pika ask 10.9.0.2 7000 1 10 || fail "IPv4 connected"
	! srv timeout 3 streams --pika ask fd09::2 7000 1 10 || fail "IPv6 connected"
	look
	[ "$(counter device.forbidden)" -ge 2 ] || fail "no SYN counted"
	no_rules srv
	srv streams --pika ask 10.9.0.2 7000 1 10
	srv streams --pika ask fd09::2 7000 1 10
	wait "$server"
	stop
}

case__a_redirected_connection_is_served_by_linux()
{
	net
	needs_nat
	load
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 1024
	serve srv streams --pika --v6 serve 80 6
	rules srv <<-END
	chain n {
		type nat hook prerouting priority -100
		tcp dport 8080 redirect to :80
	}
	END
	cli streams again 10.9.0.1 8080 2 100000
	cli streams again fd09::1 8080 2 100000
	expect_counter ts.passive_opens 0
	cli streams again 10.9.0.1 80 1 1000
	cli streams again fd09::1 80 1 1000
	wait "$server"
	expect_counter ts.passive_opens 2
	stop
}

case__an_active_open_that_nat_would_change_is_not_made()
{
	net
	needs_nat
	load
	srv pikactl start TS1LS1CM1 --link veth0 --max-conns 1024
	srv ip addr add 10.9.0.9/24 dev veth0
	serve cli streams serve 7000 1
	rules srv <<-END
	chain n {
		type nat hook postrouting priority 100
		tcp dport 7000 ip daddr 10.9.0.2 snat ip to 10.9.0.9
	}
	END
	! srv timeout 3 streams --pika ask 10.9.0.2 7000 1 10 || fail "connected"
	look
	[ "$(counter device.forbidden)" -ge 1 ] || fail "no SYN counted"
	no_rules srv
	srv streams --pika ask 10.9.0.2 7000 1 10
	stop
}

case__fragments_arrive()
{
	start TS1LS1CM1 "$@"
	serve srv streams --pika --v6 serve 80 2
	cli sysctl -q net.ipv4.tcp_timestamps=0
	# TCP's own packets with these bytes.
	rules cli <<-END
	chain o {
		type filter hook output priority 0
		tcp dport 80 meta length 200-1600 drop
	}
	END
	cli fragments 10.9.0.1 80
	cli fragments fd09::1 80
	wait "$server"
	expect_counter ts.passive_opens 2
	stop
}

case__fragments_arrive_without_a_firewall()
{
	case__fragments_arrive --firewall none
}

case__without_a_firewall_rules_are_skipped_and_start_says_so()
{
	local said

	net
	load
	said=$(srv pikactl start TS1LS1CM1 --link veth0 --max-conns 1024 --firewall none)
	[[ $said == "firewall none: no rule of input, output"* ]] || fail "says '$said'"
	srv pikactl show | grep -q "firewall none" || fail "show does not say so"
	serve srv streams --pika --v6 serve 80 2
	rules srv <<<"chain i { type filter hook input priority 0; tcp dport 80 drop; }"
	cli streams ask 10.9.0.1 80 1 10
	cli streams ask fd09::1 80 1 10
	wait "$server"
	stop
}

run_cases
