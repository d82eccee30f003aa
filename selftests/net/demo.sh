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

run_cases
