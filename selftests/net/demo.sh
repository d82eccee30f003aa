#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo: unmodified nginx and ab, and whether it fails when it must.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

demo=$(dirname "$0")/../../tools/demo
programs=${PIKA_PROGRAMS:-$(. "$(dirname "$0")/../../tools/lib.sh" && echo "$pika_cache/programs")}

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

# All is answered, but by Linux, to which loopback leads behind the same socket.
case__the_demo_fails_if_it_is_not_pika_that_serves()
{
	local status=0 said programs_of_linux

	programs_of_linux=$(fake_ab <<-'END'
		[ -e /sys/module/pika ] || exec "$ab" "$@"
		exec ip netns exec demo-server "$ab" "${@:1:$#-1}" http://127.0.0.1/
	END
	)
	said=$(PIKA_PROGRAMS=$programs_of_linux "$demo" --scene --requests 64 --download 64 \
		2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	grep -qE '^  failed +0 +0$' <<<"$said" || fail "$said"
	grep -q "^demo: PIKA opened 0 connections for 64 requests$" <<<"$said" || fail "$said"
	grep -q "^demo: Linux's TCP had segments of PIKA's connections" <<<"$said" ||
		fail "$said"
}

# As an accept_mutex of ours, but nginx's own.
case__nginx_s_workers_that_take_turns_serve_all()
{
	local web=/tmp/web

	start TS1LS1CM1
	mkdir -p "$web/html"
	echo turns >"$web/html/index.html"
	cat >"$web/nginx.conf" <<-END
	daemon off;
	worker_processes 2;
	pid $web/pid;
	events { accept_mutex on; accept_mutex_delay 20ms; }
	http {
		access_log $web/served;
		client_body_temp_path $web/temp;
		proxy_temp_path $web/temp;
		fastcgi_temp_path $web/temp;
		uwsgi_temp_path $web/temp;
		scgi_temp_path $web/temp;
		server { listen 80; root $web/html; }
	}
	END
	ip netns exec srv pika-run --require "$programs/usr/sbin/nginx" -p "$web" \
		-c "$web/nginx.conf" -e "$web/errors" &
	server=$!
	for _ in {1..100}; do
		! cli curl -s -o /dev/null -m 5 http://10.9.0.1/ || break
		sleep 0.1
	done
	cli "$programs/usr/bin/ab" -c 16 -n 400 http://10.9.0.1/ >"$web/report" 2>&1 ||
		fail "$(cat "$web/report")"
	grep -qE '^Complete requests: +400$' "$web/report" || fail "$(cat "$web/report")"
	grep -qE '^Failed requests: +0$' "$web/report" || fail "$(cat "$web/report")"
	look
	[ "$(counter ts.passive_opens)" -ge 401 ] || fail "by Linux"
	kill -QUIT "$server"
	wait "$server"
	stop
}

run_cases
