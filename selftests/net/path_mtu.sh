#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What routers say: that packets are too big, that nobody is there. The client's
# namespace is the router to a third one.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

far()
{
	ip netns exec far "$@"
}

# behind_router MTU: the way from the router on takes no more; both ends do not know.
behind_router()
{
	start TS1LS1CM1
	ip netns add far
	ip link add veth2 netns cli type veth peer name veth3 netns far
	cli sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n cli -batch - <<-END
	addr add 10.8.0.1/24 dev veth2
	addr add fd08::1/64 dev veth2 nodad
	link set veth2 up
	route add 10.8.0.2 dev veth2 mtu $1
	route add fd08::2 dev veth2 mtu $1 metric 1
	END
	ip -n far -batch - <<-END
	addr add 10.8.0.2/24 dev veth3
	addr add fd08::2/64 dev veth3 nodad
	link set veth3 up
	route add default via 10.8.0.1
	route add default via fd08::1
	END
	ip -n srv route add default via 10.9.0.2
	ip -n srv route add default via fd09::2
}

# A device takes a while to come up, and IPv6 to find its neighbours.
await()
{
	for _ in {1..50}; do
		! far busybox ping -c 1 -W 1 "$1" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	fail "no way to $1"
}

# both_ways ADDRESS: many bytes, by way of the router.
both_ways()
{
	behind_router 1400
	await 10.9.0.1
	await fd09::1
	serve srv streams --pika --v6 epoll 80 1
	far timeout 60 streams ask "$1" 80 1 2000000
	wait "$server"
	look
	[ "$(counter ts.path_mtus)" -gt 0 ] || fail "no router has said anything"
	expect_equal "retransmission timers" "$(counter ts.timeouts)" 0
}

case__ipv4_finds_the_largest_packet_that_a_path_takes()
{
	both_ways 10.9.0.1
}

case__ipv6_finds_the_largest_packet_that_a_path_takes()
{
	both_ways fd09::1
}

# The same as without PIKA, and at once.
connect_fails()
{
	local program='
import socket, sys
try:
    socket.create_connection((sys.argv[1], 80), 20)
except OSError as e:
    print(e.errno)'

	expect_equal "$1" "$(srv pika-run timeout 10 python3 -c "$program" "$1")" \
		"$(srv timeout 10 python3 -c "$program" "$1")"
}

case__a_connect_to_where_nobody_is_fails_at_once()
{
	behind_router 1400
	await 10.9.0.1
	await fd09::1
	ip -n cli route add unreachable 10.7.0.0/24
	ip -n cli route add unreachable fd07::/64
	connect_fails 10.7.0.1
	connect_fails fd07::1
	# Refused, by ICMP.
	cli nft -f - <<-END
	table inet t {
		chain c {
			type filter hook input priority 0;
			tcp dport 80 reject with icmpx port-unreachable
		}
	}
	END
	connect_fails 10.9.0.2
	connect_fails fd09::2
	look
	expect_equal "connects by PIKA that failed" "$(counter ts.connect_failed)" 4
}

case__errors_about_nothing_that_was_sent_change_nothing()
{
	start TS1LS1CM1
	serve srv streams --pika epoll 80 1
	cli python3 -c '
import socket, struct
def checksum(b):
    total = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff
peer = socket.create_connection(("10.9.0.1", 80))
port = peer.getsockname()[1]
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
inner = struct.pack("!BBHHHBBH4s4sHHI", 0x45, 0, 1500, 0, 0x4000, 64, 6, 0,
    socket.inet_aton("10.9.0.1"), socket.inet_aton("10.9.0.2"), 80, port, 12345)
for code in 1, 3, 4:
    head = struct.pack("!BBHHH", 3, code, 0, 0, 600)
    right = checksum(head + inner)
    raw.sendto(struct.pack("!BBHHH", 3, code, right, 0, 600) + inner, ("10.9.0.1", 0))
peer.sendall(b"x" * 8)
peer.close()'
	wait "$server" || true
	look
	expect_equal "errors that were ignored" "$(counter ts.icmp_ignored)" 3
	expect_equal "smaller paths" "$(counter ts.path_mtus)" 0
}

run_cases
