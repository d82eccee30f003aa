#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tracepoints show messages and drops, by the names that pikactl stats has.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

readonly tracing=/sys/kernel/tracing

# trace EVENT...: from now on, these and no others. skip: no tracing in this kernel.
trace()
{
	[ -e "$tracing"/trace ] || skip "a kernel without tracing"
	echo >"$tracing"/set_event
	echo >"$tracing"/trace
	for event; do
		echo 1 >"$tracing"/events/pika/"$event"/enable
	done
}

# shown PATTERN: how many lines of the trace match.
shown()
{
	grep -cE "$1" "$tracing"/trace || true
}

case__a_connections_messages_are_shown()
{
	start TS1+LS1CM1
	trace pika_message
	serve srv streams --pika serve 80 1
	cli streams ask 10.9.0.1 80 1 1000
	wait "$server"
	look
	echo >"$tracing"/set_event
	# From the TS, address 0, to the CM in server 1, at both ends; and by an endpoint.
	for what in "sent type=ESTABLISHED from=0 to=1" "received type=ESTABLISHED from=0 to=1" \
		"sent type=ASSIGN from=1 to=0" "received type=CLAIM_CONNECTION from=[23] to=0"; do
		expect_equal "$what" "$(shown "pika_message: $what flow=0/")" 1
	done
	# Without a ring: the LS and the CM are in the same server.
	expect_equal "SYN" "$(shown "direct type=SYN from=1 to=1 ")" 1
	expect_equal "sent to endpoints" "$(shown "received type=CLAIM_RESULT from=0 to=[23] ")" 1
	stop
}

case__a_drop_is_shown_with_its_counter()
{
	local name

	start TS1LS1CM1
	serve srv streams --pika hold 80
	trace pika_drop
	# Wrong checksums; and for a connection, far from its sequence numbers.
	cli python3 - <<-'END'
	import socket, struct
	def segment(flags, error, port):
	    address = socket.inet_aton("10.9.0.2") + socket.inet_aton("10.9.0.1")
	    tcp = struct.pack("!HHIIBBHHH", port, 80, 1, 7, 5 << 4, flags, 100, 0, 0)
	    words = struct.unpack("!16H", address + struct.pack("!HH", 6, len(tcp)) + tcp)
	    total = sum(words)
	    total = (total & 0xffff) + (total >> 16)
	    check = ~(total + (total >> 16)) & 0xffff ^ error
	    return tcp[:16] + struct.pack("!H", check) + tcp[18:]
	raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
	for _ in range(3):
	    raw.sendto(segment(0x10, 1, 5555), ("10.9.0.1", 0))
	connection = socket.create_connection(("10.9.0.1", 80))
	for _ in range(2):
	    raw.sendto(segment(0x10, 0, connection.getsockname()[1]), ("10.9.0.1", 0))
	END
	for _ in {1..50}; do
		[ "$(shown pika_drop)" -lt 5 ] || break
		sleep 0.1
	done
	look
	expect_equal ts.dropped_window "$(counter ts.dropped_window)" 2
	expect_equal device.checksum "$(counter device.checksum)" 3
	for name in device.checksum ts.dropped_window; do
		expect_equal "$name" "$(shown "where=${name%.*} reason=${name#*.}\$")" \
			"$(counter "$name")"
	done
	kill "$server"
	wait "$server" || true
	echo >"$tracing"/set_event
	stop
}

case__events_that_are_on_do_not_keep_the_module()
{
	start TS1LS1CM1
	trace pika_message pika_drop
	stop
	[ ! -e "$tracing"/events/pika ] || fail "events of a module that has gone"
}

case__what_an_event_says_is_written_in_its_format()
{
	load
	trace
	grep -q '"ESTABLISHED"' "$tracing"/events/pika/pika_message/format || fail "no names"
	grep -q 'field:char reason\[24\]' "$tracing"/events/pika/pika_drop/format ||
		fail "no reason"
}

run_cases
