#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A stack that has nothing to do does next to nothing: in 10 seconds a server's core is
# busy for less than 100 ms (1 %) more than without PIKA. Busy is what is left of the
# time when the core's idle time, which Linux counts in microseconds, is taken off. What
# else goes on in the guest only adds to it: one good measurement of three will do.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# now: of each of the two cores, microseconds of time and of idleness.
now()
{
	local us=${EPOCHREALTIME/./}

	awk -v us="$us" '/^cpu[01] / { printf "%.0f %.0f ", us, ($5 + $6) * 10000 }' /proc/stat
}

# busy: ms that each core was busy in 10 s.
busy()
{
	local before after

	sleep 1
	before=$(now)
	sleep 10
	after=$(now)
	awk '{ for (i = 1; i <= 3; i += 2)
		printf "%.0f ", ($(i + 4) - $i - ($(i + 5) - $(i + 1))) / 1000 }' <<<"$before $after"
}

# quiet BARE: is neither core busy for 100 ms more than without PIKA?
quiet()
{
	local core bare=$1

	idle=$(busy)
	echo "# busy for ms in 10 s, by core: $idle; without PIKA $bare"
	for core in 1 2; do
		[ "$(cut -d' ' -f"$core" <<<"$idle")" -lt \
			$(($(cut -d' ' -f"$core" <<<"$bare") + 100)) ] || return 1
	done
}

case__an_idle_server_leaves_its_core_alone()
{
	local bare

	bare=$(busy)
	start TS2LS2CM2 --cores 0-1
	serve srv idlers --pika 100
	quiet "$bare" || quiet "$bare" || quiet "$bare" || fail "busy"
	look
	expect_equal "connections by a link" "$(counter ts.passive_opens)" 100
	kill "$server"
	wait "$server" || true
	stop
}

run_cases
