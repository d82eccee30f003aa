#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pikad brings the kernel to what its file says and keeps it there, whatever comes and
# goes. Its manners are in pikad_quick.sh.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"
. "$(dirname "$0")/pikad.bash"

broken=$(realpath "$(dirname "$0")/../pikad/broken")

both()
{
	srv pikactl show --json
	cli pikactl show --json
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
	ended_in cli srv
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

run_cases
