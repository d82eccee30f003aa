#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Processes that share a listener, in all the ways in which programs do, and what becomes
# of its connections when one of them is killed or stopped: none is lost, none is accepted
# twice.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# clients SHORT LONG: how many, also on a kernel that is slow.
clients()
{
	if [ "${PIKA_KERNEL-}" = debug ]; then
		echo $(($1 / 4))
	else
		echo $((long ? $2 : $1))
	fi
}

# crowd_comes WAY PROCESSES CLIENTS [EVENT]: see crowd.cc.
crowd_comes()
{
	srv crowd --pika "$@" || fail "$*"
	look
	[ "$(counter ts.passive_opens)" -ge "$3" ] || fail "by Linux"
}

# serves_all WAY [EVENT]: four processes and some clients.
serves_all()
{
	start TS1LS1CM1
	crowd_comes "$1" 4 "$(clients 200 2000)" "${@:2}"
	stop
}

case__no_connection_is_lost_when_a_worker_is_killed()
{
	start TS1LS1CM1
	crowd_comes level 4 "$(clients 600 10000)" kill
	stop
}

case__none_is_lost_when_a_worker_that_blocks_is_killed()
{
	serves_all block kill
}

case__none_is_lost_when_servers_are_on_both_cores()
{
	start TS2LS2CM2
	crowd_comes level 4 "$(clients 200 2000)" kill
	crowd_comes level 4 "$(clients 200 2000)" kill-ready
	stop
}

case__a_process_alone_is_served_by_every_manager()
{
	start TS2LS2CM2
	crowd_comes level 1 "$(clients 100 1000)"
	crowd_comes block 1 "$(clients 100 1000)"
	stop
}

case__none_is_lost_when_a_worker_is_killed_between_poll_and_accept()
{
	serves_all level kill-ready
}

case__none_is_lost_when_a_worker_with_a_shared_epoll_is_killed()
{
	serves_all shared kill-ready
}

case__a_stopped_worker_holds_up_nobody_and_goes_on_later()
{
	serves_all level stop-ready
}

case__a_worker_stopped_before_accept_holds_up_nobody()
{
	serves_all poll stop-ready
}

case__workers_that_are_all_busy_serve_all()
{
	serves_all level busy
}

case__workers_that_take_turns_serve_all()
{
	serves_all turns
	reset_module
	serves_all turns kill
}

case__workers_with_threads_serve_all()
{
	serves_all threads
}

case__workers_that_poll_and_then_block_serve_all()
{
	serves_all poll
}

case__an_epoll_made_before_fork_serves_all()
{
	serves_all shared
}

case__edge_triggered_epolls_serve_all()
{
	serves_all edge
}

case__epolls_that_report_once_serve_all()
{
	serves_all oneshot
}

case__exclusive_epolls_serve_all()
{
	serves_all exclusive
}

run_cases
