#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Programs as they are, under pika-run: this folder's streams.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

case__a_program_gets_pika_sockets()
{
	start TS1LS1CM1
	serve srv pika-run --require streams serve 80 2
	cli streams ask 10.9.0.1 80 2 1000
	wait "$server"
	look
	expect_equal claims "$(counter ts.claims)" 2
	stop
}

case__what_a_program_starts_gets_them_too()
{
	start TS1LS1CM1
	serve srv pika-run sh -c 'streams serve 80 1; exit $?'
	cli streams ask 10.9.0.1 80 1 1000
	wait "$server"
	look
	expect_equal claims "$(counter ts.claims)" 1
	stop
}

case__a_client_is_served_as_well()
{
	start TS1LS1CM1
	ip netns exec cli streams serve 7000 1 >/dev/null &
	for _ in {1..50}; do
		! srv pika-run streams ask 10.9.0.2 7000 1 1000 2>/dev/null || break
		sleep 0.1
	done
	wait $!
	look
	[ "$(counter ts.active_opens)" -ge 1 ] || fail "by Linux"
	stop
}

case__without_a_stack_it_is_tcp()
{
	local status=0 said

	net
	load
	serve srv pika-run streams serve 80 1
	cli streams ask 10.9.0.1 80 1 1000
	wait "$server"
	said=$(srv pika-run --require true 2>&1) || status=$?
	expect_equal "exit status with --require" "$status" 125
	expect_equal "what it says" "$said" \
		"pika-run: a PIKA socket: Protocol not supported; load pika.ko, run 'pikactl start', be root"
}

# The checkout may be where others cannot read.
case__for_another_user_it_is_tcp()
{
	local public

	start TS1LS1CM1
	public=$(mktemp -d)
	make -s -C "$(dirname "$0")/../../userspace" install DESTDIR="$public" PREFIX=
	cp "$(command -v streams)" "$public/bin/"
	chmod 755 "$public"
	serve srv setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$public/bin/pika-run" "$public/bin/streams" serve 8080 1
	cli streams ask 10.9.0.1 8080 1 1000
	wait "$server"
	look
	expect_equal claims "$(counter ts.claims)" 0
	stop
}

run_cases
