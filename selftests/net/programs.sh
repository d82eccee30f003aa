#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Programs as they are, under pika-run: this folder's streams, and nginx and ab as the
# demo plays them.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

demo=$(dirname "$0")/../../tools/demo
programs=${PIKA_PROGRAMS:-$(. "$(dirname "$0")/../../tools/lib.sh" && echo "$pika_cache/programs")}

case__a_program_gets_pika_sockets()
{
	start TS1LS1CM1
	serve pika-run --require streams serve 80 2
	cli streams ask 10.9.0.1 80 2 1000
	wait "$server"
	look
	expect_equal claims "$(counter ts.claims)" 2
	stop
}

case__what_a_program_starts_gets_them_too()
{
	start TS1LS1CM1
	serve pika-run sh -c 'streams serve 80 1; exit $?'
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
	serve pika-run streams serve 80 1
	cli streams ask 10.9.0.1 80 1 1000
	wait "$server"
	said=$(srv pika-run --require true 2>&1) || status=$?
	expect_equal "exit status with --require" "$status" 125
	expect_equal "what it says" "$said" \
		"pika-run: a PIKA socket: Protocol not supported; load pika.ko, run 'pikactl start', be root"
}

case__for_another_user_it_is_tcp()
{
	start TS1LS1CM1
	serve setpriv --reuid 65534 --regid 65534 --clear-groups pika-run streams serve 8080 1
	cli streams ask 10.9.0.1 8080 1 1000
	wait "$server"
	look
	expect_equal claims "$(counter ts.claims)" 0
	stop
}

case__the_demo_is_played_with_nginx_and_no_request_fails()
{
	"$demo" --scene --requests $((long ? 20000 : 400)) --download 1024
}

# fake_ab: programs whose ab is the script on standard input, in which $ab is the true one.
fake_ab()
{
	local fake

	fake=$(mktemp -d)
	mkdir -p "$fake/usr/bin" "$fake/usr/sbin"
	ln -s "$programs/usr/sbin/nginx" "$fake/usr/sbin/"
	printf '#!/bin/bash\nab=%q\n%s\n' "$programs/usr/bin/ab" "$(cat)" >"$fake/usr/bin/ab"
	chmod +x "$fake/usr/bin/ab"
	echo "$fake"
}

# demo_fails PROGRAMS TEXT: and its table says TEXT.
demo_fails()
{
	local status=0 said

	said=$(PIKA_PROGRAMS=$1 "$demo" --scene --requests 64 --download 64 2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	grep -q "demo: not every request was answered" <<<"$said" || fail "$said"
	grep -qE "$2" <<<"$said" || fail "$said"
}

# One half alone is enough.
case__the_demo_fails_if_a_connection_is_refused()
{
	demo_fails "$(fake_ab <<-'END'
		[ -e /sys/module/pika ] || exec "$ab" "$@"
		exec "$ab" "${@:1:$#-1}" http://10.9.0.1:81/
	END
	)" '^  failed +64 +0$'
}

case__the_demo_fails_if_a_download_is_not_what_it_was()
{
	demo_fails "$(fake_ab <<-'END'
		"$ab" "$@" || exit
		[ -e /sys/module/pika ] || echo >>/run/pika-demo/html/download
	END
	)" '^  failed, of 2 +0 +2$'
}

run_cases
