#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pikad brings the kernel to what its file says and keeps it there, whatever comes and
# goes. Limits in time are ten times what an idle machine needs.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

broken=$(realpath "$(dirname "$0")/../pikad/broken")
file=/tmp/pika.toml
log=/tmp/pikad.log
pikad=

# stack NAMESPACE LINK CORES: a section of the file.
stack()
{
	cat <<-END
	[[stack]]
	namespace = "$1"
	composition = "TS1LS1CM1"
	links = ["$2"]
	cores = "$3"
	max-conns = 256
	END
}

# put: standard input becomes the file, as editors do it.
put()
{
	cat >"$file.new"
	mv "$file.new" "$file"
}

# daemon: pikad in the background; sets pikad.
daemon()
{
	pikad -c "$file" 2>>"$log" &
	pikad=$!
}

# eventually COMMAND...: is true after some time.
eventually()
{
	for _ in {1..200}; do
		! "$@" 2>/dev/null || return 0
		sleep 0.05
	done
	fail "not after 10 s: $*; $(tail -n 3 "$log")"
}

# said TEXT [N]: the log has it N times, by default once or more.
said()
{
	local all n=0

	all=$(<"$log")
	while [[ $all == *"$1"* ]]; do
		all=${all#*"$1"}
		n=$((n + 1))
	done
	[ "$n" -eq "${2:-$n}" ] && [ "$n" -gt 0 ]
}

# runs NAMESPACE LINK CORES: that stack is there.
runs()
{
	ip netns exec "$1" pikactl show 2>/dev/null |
		grep -qxF "stack TS1LS1CM1 link $2 cores $3 idle-us 0 max-conns 256 firewall syn allow root"
}

none_in()
{
	! ip netns exec "$1" pikactl show 2>/dev/null | grep -q ^stack
}

# prepare: two namespaces, and an empty log.
prepare()
{
	net
	: >"$log"
}

started()
{
	prepare
	load
	stack srv veth0 0 | put
	daemon
	eventually runs srv veth0 0
}

ended()
{
	kill "$pikad"
	wait "$pikad"
	srv pikactl stop
	unload
}

both()
{
	srv pikactl show --json
	cli pikactl show --json
}

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

case__no_broken_file_changes_anything()
{
	local name expected before n=0

	started
	before=$(srv pikactl show --json)
	for name in "$broken"/*.toml; do
		# All of them are read in selftests/cli/pikad.bats.
		n=$((n + 1))
		[ -n "$long" ] || [ $((n % 8)) -eq 0 ] || continue
		IFS= LC_ALL=C read -r expected <"$name"
		: >"$log"
		cp "$name" "$file"
		eventually said "pikad: $file:${expected#\# }" 1
		expect_equal "${name##*/}" "$(<"$log")" "pikad: $file:${expected#\# }"
	done
	expect_equal stack "$(srv pikactl show --json)" "$before"
	kill "$pikad"
	wait "$pikad"
	! pikad -c "$file" >/tmp/said 2>&1 || fail started
	expect_equal "at start" "$(</tmp/said)" "$file:${expected#\# }"
	srv pikactl stop
	unload
}

case__a_failing_step_leaves_the_former_state()
{
	local before

	prepare
	load
	{ stack srv veth0 0; stack cli veth1 1; } | put
	daemon
	eventually runs cli veth1 1
	eventually runs srv veth0 0
	before=$(both)
	{ stack srv veth0 77; stack cli veth1 0; } | put
	eventually said "start TS1LS1CM1 link veth0 cores 77"
	expect_equal stacks "$(both)" "$before"
	expect_equal "steps undone" "$(grep -c '^pikad: undone: ' "$log")" 3
	{ stack srv veth0 1; stack cli veth1 0; } | put
	eventually runs srv veth0 1
	eventually runs cli veth1 0
	cli pikactl stop
	ended
}

case__sockets_hold_a_stack_unless_force_is_said()
{
	started
	serve srv streams --pika serve 80 1
	stack srv veth0 1 | put
	eventually said "programs hold 1 sockets"
	runs srv veth0 0 || fail "not what it was"
	{ stack srv veth0 1; echo 'force = true'; } | put
	eventually runs srv veth0 1
	kill "$server" 2>/dev/null || true
	wait "$server" || true
	ended
}

# addresses: of new devices.
addresses()
{
	ip -n srv addr add 10.9.0.1/24 dev veth0 2>/dev/null || true
	ip -n cli addr add 10.9.0.2/24 dev veth1 2>/dev/null || true
	ip -n srv link set veth0 up
	ip -n cli link set veth1 up
}

# What can come and go.
happens()
{
	case $1 in
	killed)
		kill -9 "$pikad"
		wait "$pikad" || true
		daemon
		;;
	module)
		for _ in {1..100}; do
			srv pikactl stop 2>/dev/null || true
			! rmmod pika 2>/dev/null || break
		done
		load
		;;
	link)
		ip -n srv link del veth0
		ip link add veth0 netns srv type veth peer name veth1 netns cli
		;;
	namespace)
		ip netns del srv
		ip netns add srv
		eventually ip link add veth0 netns srv type veth peer name veth1 netns cli
		;;
	esac
}

case__whatever_comes_and_goes_in_any_order()
{
	local seed=$RANDOM what start took most=0 order

	started
	echo "# seed $seed"
	RANDOM=$seed
	for _ in $(seq "${long:+1}2"); do
		mapfile -t order < <(printf '%s\n' killed module link namespace |
			shuf --random-source=<(yes "$RANDOM"))
		for what in "${order[@]}"; do
			happens "$what"
		done
		start=${EPOCHREALTIME/./}
		eventually runs srv veth0 0
		took=$(((${EPOCHREALTIME/./} - start) / 1000))
		[ "$took" -le "$most" ] || most=$took
		kill -0 "$pikad" || fail "the daemon died"
	done
	echo "# at most $most ms after the last event"
	ended
}

case__a_link_comes_back_while_programs_hold_sockets()
{
	local what start took most=0 opens=0

	started
	serve srv streams --pika epoll 80 100
	for what in link killed link; do
		cli timeout 20 streams ask 10.9.0.1 80 1 1000
		opens=$((opens + 1))
		happens "$what"
		start=${EPOCHREALTIME/./}
		eventually runs srv veth0 0
		took=$(((${EPOCHREALTIME/./} - start) / 1000))
		[ "$took" -le "$most" ] || most=$took
		addresses
	done
	cli timeout 20 streams ask 10.9.0.1 80 1 1000
	echo "# at most $most ms after the last event"
	look
	expect_equal "connections of one and the same stack" "$(counter ts.passive_opens)" \
		$((opens + 1))
	kill "$server"
	wait "$server" || true
	ended
}

case__what_is_not_there_yet_is_waited_for()
{
	prepare
	ip netns del srv
	stack srv veth0 0 | put
	daemon
	eventually said "namespace srv: waits: no such network namespace"
	ip netns add srv
	eventually said "namespace srv: waits: pika.ko is not loaded"
	load
	eventually said "namespace srv: waits: no device veth0"
	ip -n srv link add name dummy0 type veth peer name dummy1
	ip -n srv link set dummy0 name veth0
	eventually runs srv veth0 0
	ended
}

case__stacks_that_the_file_does_not_name()
{
	prepare
	load
	cli pikactl start TS1LS1CM1 --link veth1 --max-conns 256 --cores 1
	stack srv veth0 0 | put
	daemon
	eventually runs srv veth0 0
	put </dev/null
	eventually none_in srv
	runs cli veth1 1 || fail "a stack that was never in the file was stopped"
	{ stack srv veth0 0; stack cli veth1 1; } | put
	eventually runs srv veth0 0
	kill -9 "$pikad"
	wait "$pikad" || true
	stack srv veth0 0 | put
	daemon
	eventually none_in cli
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

case__sighup_reads_the_file_again()
{
	started
	kill -HUP "$pikad"
	eventually said "$file: holds now"
	runs srv veth0 0 || fail changed
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
	expect_equal status "$(pikad status | head -n 2)" "file $file: holds
namespace srv: running"
	echo '[broken' | put
	eventually said "$file:1: "
	pikad status | grep -q "^file $file: refused: $file:1: " || fail "not refused"
	page metrics | grep -qx 'pika_config_holds 0' || fail "holds"
	{ stack srv veth0 0; printf '[metrics]\nport = 9464\n'; } | put
	eventually said "$file: holds now"
	ip link set lo up
	curl -sf http://127.0.0.1:9464/status >/dev/null || fail "no port"
	! setpriv --reuid 65534 --clear-groups curl -sf \
		--unix-socket /run/pika/pikad.sock http://localhost/status || fail "not root"
	ended
}

switches()
{
	awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$pikad/status"
}

case__idle_it_sleeps_and_is_small()
{
	local before resident

	started
	sleep 1
	before=$(switches)
	sleep 5
	expect_equal "switches in 5 s" "$(($(switches) - before))" 0
	resident=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pikad/status")
	[ "$resident" -lt 10240 ] || fail "$resident KiB resident"
	echo "# $resident KiB resident"
	ended
}

case__a_user_without_privileges_gets_nowhere()
{
	local status=0

	started
	kill "$pikad"
	wait "$pikad"
	chmod 644 "$file"
	setpriv --reuid 65534 --regid 65534 --clear-groups pikad -c "$file" >/tmp/said 2>&1 ||
		status=$?
	expect_equal status "$status" 1
	expect_equal words "$(cat /tmp/said)" "pikad: /run/pika/pikad.lock: Permission denied"
	daemon
	eventually said "is as it should be" 2
	ended
}

reset_stacks()
{
	[ -z "$(pgrep -x pikad)" ] || pgrep -x pikad | xargs kill -9
	[ ! -e /run/netns/cli ] || cli pikactl stop >/dev/null 2>&1 || true
	rm -rf /run/pika
}

# Before the namespaces': it would bring everything back.
eval "reset_net() $(declare -f reset_module | tail -n +2)"
reset_module()
{
	reset_stacks
	reset_net
}

run_cases
