#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What pikad promises most, in the seconds that "make test" has for it; the rest is in
# pikad.sh.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"
. "$(dirname "$0")/pikad.bash"

case__the_file_is_brought_about_and_a_second_daemon_refused()
{
	local status=0

	started
	pikad -c "$file" >/tmp/second 2>&1 || status=$?
	expect_equal status "$status" 1
	expect_equal refusal "$(cat /tmp/second)" "pikad: a pikad runs already (process $pikad), \
expected one on a machine; /run/pika/pikad.lock is its lock"
	kill "$pikad"
	wait "$pikad" || fail "ended with $?"
	runs srv veth0 0 || fail "its end changed the stack"
	expect_equal "lines" "$(wc -l <"$log")" 2
	srv pikactl stop
}

case__a_stack_that_matches_is_not_touched()
{
	started
	serve srv streams --pika epoll 80 5
	cli streams again 10.9.0.1 80 5 1000
	wait "$server"
	kill -9 "$pikad"
	wait "$pikad" || true
	daemon
	eventually said "is as it should be" 2
	look
	expect_equal "passive opens" "$(counter ts.passive_opens)" 5
	ended
}

case__a_dry_run_tells_and_changes_nothing()
{
	local said

	started
	{ stack srv veth0 1; stack gone eth0 0; } >/tmp/other.toml
	said=$(pikad --dry-run -c /tmp/other.toml)
	expect_equal plan "$said" "namespace srv: differs: cores '0' -> '1'
namespace srv: stop TS1LS1CM1
namespace srv: start TS1LS1CM1 link veth0 cores 1 idle-us 0 max-conns 256 firewall syn allow root
namespace gone: waits: no such network namespace"
	runs srv veth0 0 || fail changed
	expect_equal "of the same file" "$(pikad --dry-run -c "$file")" "nothing to do"
	expect_equal check "$(pikad --check -c /tmp/other.toml)" "/tmp/other.toml: 2 stacks"
	ended
}

case__a_stack_that_somebody_stops_comes_back()
{
	started
	srv pikactl stop
	eventually said "start TS1LS1CM1" 2
	eventually runs srv veth0 0
	ended
}

# By a name in another folder, where nobody looks: only the signal tells of it.
case__sighup_reads_the_file_again()
{
	mkdir -p /tmp/elsewhere
	started
	ln -f "$file" /tmp/elsewhere/pika.toml
	stack srv veth0 1 >/tmp/elsewhere/pika.toml
	sleep 0.5
	runs srv veth0 0 || fail "read before the signal"
	kill -HUP "$pikad"
	eventually said "$file: holds now" 1
	runs srv veth0 1 || fail "not as the file says"
	ended
}

# page NAME: from the daemon's socket.
page()
{
	curl -sf --unix-socket /run/pika/pikad.sock "http://localhost/$1"
}

case__metrics_and_status_are_told()
{
	started
	serve srv streams --pika epoll 80 5
	cli streams again 10.9.0.1 80 5 1000
	wait "$server"
	page metrics >/tmp/metrics
	grep -qx 'pika_ts_passive_opens_total{namespace="srv",server="0",core="0"} 5' \
		/tmp/metrics || fail "no passive opens"
	grep -qx 'pika_link_attached{namespace="srv",link="veth0"} 1' /tmp/metrics ||
		fail "no link"
	look
	expect_equal "counters" "$(grep -c '^pika_ts_.*_total' /tmp/metrics)" \
		"$(grep -c '^  ts\.' <<<"$stats")"
	expect_equal status "$(pikad status)" "file $file: holds
namespace srv: running
  TS1LS1CM1 cores 0 sockets 0 flows 0 listeners 0"
	echo '[broken' | put
	eventually said "$file:1: "
	pikad status >/tmp/status
	grep -q "^file $file: refused: $file:1: " /tmp/status || fail "not refused"
	page metrics >/tmp/metrics
	grep -qx 'pika_config_holds 0' /tmp/metrics || fail "holds"
	{ stack srv veth0 0; printf '[metrics]\nport = 9464\n'; } | put
	eventually said "$file: holds now"
	ip link set lo up
	curl -sf http://127.0.0.1:9464/status >/dev/null || fail "no port"
	! setpriv --reuid 65534 --clear-groups curl -sf \
		--unix-socket /run/pika/pikad.sock http://localhost/status || fail "not root"
	ended
}

case__a_user_without_privileges_gets_nowhere()
{
	local status=0

	started
	kill "$pikad"
	wait "$pikad"
	chmod 644 "$file"
	# Others need not be able to read the checkout.
	install -m 755 "$(command -v pikad)" /tmp/pikad
	setpriv --reuid 65534 --regid 65534 --clear-groups /tmp/pikad -c "$file" >/tmp/said 2>&1 ||
		status=$?
	expect_equal status "$status" 1
	expect_equal words "$(cat /tmp/said)" "pikad: /run/pika/pikad.lock: Permission denied"
	# In a folder of one's own one may run, but the kernel refuses what it asks for.
	stack srv veth0 1 | sed /namespace/d >/tmp/other.toml
	install -d -m 777 /tmp/own
	srv setpriv --reuid 65534 --regid 65534 --clear-groups env RUNTIME_DIRECTORY=/tmp/own \
		timeout 3 /tmp/pikad -c /tmp/other.toml >/tmp/said 2>&1 || true
	grep -q ": Operation not permitted$" /tmp/said || fail "$(cat /tmp/said)"
	runs srv veth0 0 || fail "a user has changed the stack"
	daemon
	eventually said "is as it should be" 2
	ended
}

run_cases
