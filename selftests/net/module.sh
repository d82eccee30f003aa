#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pika.ko comes, answers and goes, and leaves nothing behind.

. "$(dirname "$0")/lib.sh"

case__a_loaded_module_tells_its_version()
{
	load
	expect_equal version "$(pikactl show --json | sed -n 's/.*"version": "\(.*\)".*/\1/p')" \
		"$(modinfo -F version "$PIKA_KO")"
}

case__fifty_loads_and_unloads_leave_no_trace()
{
	dmesg --clear
	for _ in {1..50}; do
		load
		pikactl show >/dev/null
		unload
	done
	[ ! -e /sys/module/pika ] || fail "still loaded"
	! grep -qw pika /proc/modules || fail "still in /proc/modules"
	! grep -q ' \[pika\]$' /proc/kallsyms || fail "symbols left"
	# The taint by the first load was logged before.
	expect_equal "lines in dmesg" "$(dmesg | grep -v 'pika: module verification\|out-of-tree' | wc -l)" 0
}

case__a_second_load_is_refused()
{
	load
	! insmod "$PIKA_KO" 2>/dev/null || fail "loaded twice"
	pikactl show
}

case__without_the_module_its_absence_is_told()
{
	local status=0 output

	output=$(pikactl show 2>&1) || status=$?
	expect_equal "exit status" "$status" 1
	expect_equal message "$output" \
		"pikactl: pika.ko: not loaded; load it with 'insmod pika.ko'"
}

case__version_needs_no_module()
{
	expect_equal "exit status and text" "$(pikactl version | tail -n 1)" "pika.ko not loaded"
}

case__a_request_does_not_load_the_module()
{
	! modinfo -F alias "$PIKA_KO" | grep . || fail "the module has an alias"
	pikactl version >/dev/null
	[ ! -e /sys/module/pika ] || fail "loaded by a request"
}

case__anybody_may_ask_for_the_version()
{
	load
	setpriv --reuid 65534 --regid 65534 --clear-groups pikactl show
}

case__it_answers_in_every_network_namespace()
{
	load
	unshare -n pikactl show
}

case__a_session_asks_more_than_once()
{
	load
	session_asks
}

run_cases
