#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What programs do with a listening descriptor, beside Linux: see listening.cc.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

case__readiness_of_a_listener_is_that_of_linux()
{
	like_linux listening ready
}

case__a_listener_travels_by_dup_fork_exec_and_message()
{
	like_linux listening travel
}

case__threads_share_a_listener()
{
	like_linux listening threads
}

case__a_thread_that_moves_between_cpus_writes_in_order()
{
	like_linux listening migrate
}

case__who_connects_just_after_close_is_refused()
{
	like_linux listening gone
	# No connection shows that the listeners were PIKA's.
	expect_equal received.LISTEN "$(counter received.LISTEN)" 200
}

run_cases
