# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# KTAP for the scripts of this folder, which run as root in a guest with PIKA_KO
# set. A case is a function whose name says what must hold:
#
#	case__a_second_load_is_refused() { ! insmod "$PIKA_KO" || fail "loaded twice"; }
#	run_cases
#
# With PIKA_LONG set, as in "make test-full", $long is 1: repeat ten times more.
#
# A case fails when it calls fail, or when a command in it fails (set -e). What it
# prints is shown then; lines that begin with "# " always.

long=${PIKA_LONG:+1}
export long

# fail TEXT: ends the case.
fail()
{
	echo "# $*"
	exit 1
}

# skip TEXT: ends the case; only for what this machine cannot do at all.
skip()
{
	echo "# SKIP: $*"
	exit 4
}

# expect_equal WHAT GOT WANTED
expect_equal()
{
	[ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
}

load()
{
	insmod "$PIKA_KO"
}

unload()
{
	rmmod pika
}

# Every case starts with pika.ko unloaded, whatever the one before left.
reset_module()
{
	[ ! -e /sys/module/pika ] || rmmod pika
}

run_case()
{
	local n=$1 case=$2 status=0 name=${2#case__} output

	output=$(mktemp)
	reset_module
	# In the background, so that set -e holds inside the case.
	(set -euo pipefail; "$case") >"$output" 2>&1 &
	wait $! || status=$?
	case $status in
	0)
		echo "ok $n ${name//_/ }"
		grep '^# ' "$output" || true
		;;
	4) echo "ok $n ${name//_/ } # SKIP $(sed -n 's/^# SKIP: //p' "$output")" ;;
	*)
		echo "not ok $n ${name//_/ }"
		sed 's/^/# /' "$output"
		failed=1
		;;
	esac
	rm "$output"
}

# Runs every function named case__*, in the order of the script.
run_cases()
{
	local cases case n=0 failed=0

	mapfile -t cases < <(grep -oE '^case__[a-z0-9_]+' "$0")
	echo "KTAP version 1"
	echo "1..${#cases[@]}"
	for case in "${cases[@]}"; do
		n=$((n + 1))
		run_case $n "$case"
	done
	reset_module
	exit $failed
}
