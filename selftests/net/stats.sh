#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pikactl stats tells what has happened, by server, component and event.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

case__a_connection_is_counted_by_all_who_had_to_do_with_it()
{
	start TS1LS1CM1
	look
	expect_equal "claims before" "$(counter ts.claims)" 0
	serve srv streams --pika serve 80 3
	cli streams ask 10.9.0.1 80 3 1000
	wait "$server"
	look
	for name in link.syns cm.admitted ts.passive_opens ts.established cm.established \
		ts.claims cm.claimed received.CLOSE; do
		expect_equal "$name" "$(counter "$name")" 3
	done
	expect_equal link.transmitted "$(counter link.transmitted)" "$(counter ts.frames_out)"
	expect_equal received.LISTEN "$(counter received.LISTEN)" 1
	expect_equal endpoint.stray "$(counter endpoint.stray)" 0
	grep -q '^  ts\.claims  *3  connections claimed$' <<<"$(srv pikactl stats)" ||
		fail "without what it means"
	stop
}

# Segments for our port: of a flow that does not exist, and with a wrong checksum.
case__what_is_refused_is_counted_with_its_reason()
{
	start TS1LS1CM1
	serve srv streams --pika hold 80
	cli python3 - <<-'END'
	import socket, struct
	def segment(flags, error):
	    address = socket.inet_aton("10.9.0.2") + socket.inet_aton("10.9.0.1")
	    tcp = struct.pack("!HHIIBBHHH", 5555, 80, 1, 1, 5 << 4, flags, 100, 0, 0)
	    words = struct.unpack("!16H", address + struct.pack("!HH", 6, len(tcp)) + tcp)
	    total = sum(words)
	    total = (total & 0xffff) + (total >> 16)
	    check = ~(total + (total >> 16)) & 0xffff ^ error
	    return tcp[:16] + struct.pack("!H", check) + tcp[18:]
	raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
	for error in 1, 1, 1, 0, 0, 0, 0, 0:
	    raw.sendto(segment(0x10, error), ("10.9.0.1", 0))
	END
	for _ in {1..50}; do
		look
		[ "$(counter ts.no_flow)" -lt 5 ] || break
		sleep 0.1
	done
	expect_equal ts.no_flow "$(counter ts.no_flow)" 5
	expect_equal device.checksum "$(counter device.checksum)" 3
	kill "$server"
	wait "$server" || true
	stop
}

case__every_reason_for_a_drop_has_its_counter()
{
	local reasons name

	reasons=$(sed -n 's|^\W\W\([a-z]*\.[a-z_]*\)\W\W .*|\1|p' \
		"$(dirname "$0")/../../Documentation/drops.rst")
	[ "$(wc -l <<<"$reasons")" -gt 25 ] || fail "only $reasons"
	start TS1LS1CM1
	look
	for name in $reasons; do
		expect_equal "$name" "$(counter "$name")" 0
	done
	stop
}

case__each_server_tells_of_its_own_components()
{
	start TS1+LS1CM1
	srv pikactl stats --json | python3 -c '
import json, sys
stats = json.load(sys.stdin)
transport, link = stats["servers"]
assert transport.keys() == {"core", "ts", "device", "dispatch", "received", "sent"}, transport.keys()
assert link.keys() == {"core", "link", "cm", "device", "dispatch", "received", "sent"}, link.keys()
assert [transport["core"], link["core"]] == [0, 1]
assert {endpoint["core"] for endpoint in stats["endpoints"]} >= {0, 1}'
	stop
}

case__by_default_only_what_was_seen_is_printed_and_anybody_may_ask()
{
	local said

	start TS1LS1CM1
	said=$(srv setpriv --reuid 65534 --regid 65534 --clear-groups pikactl stats)
	expect_equal "first line" "$(head -n 1 <<<"$said")" "server 0 core 0"
	! grep -E '^  [^ ]+ +0( |$)' <<<"$said" || fail "a zero"
	grep -qE '^  ts\.claims +0 ' <<<"$(srv pikactl stats --all)" || fail "no zero"
	! cli pikactl stats 2>/dev/null || fail "told in another namespace"
	stop
}

case__without_a_stack_there_is_nothing_to_tell()
{
	local status=0 said

	net
	load
	said=$(srv pikactl stats 2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	expect_equal "what it says" "$said" \
		"pikactl: pika.ko: no stack is started in this namespace"
}

run_cases
