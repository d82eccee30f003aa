#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Who may make a stack's sockets: the others' programs get Linux's.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# as UID GID GROUPS COMMAND...: as that user, in srv.
as()
{
	srv setpriv --reuid "$1" --regid "$2" --groups "$3" "${@:4}"
}

# may COMMAND...: that prefix lets a program have a PIKA socket.
may()
{
	serve srv streams serve 8081 1
	"$@" streams --pika ask 127.0.0.1 8081 1 10 || fail "no socket: $*"
	wait "$server"
}

# may_not COMMAND...: it gets EPROTONOSUPPORT.
may_not()
{
	local said

	said=$("$@" streams --pika refused 127.0.0.1 8081 2>&1) && fail "a socket: $*"
	expect_equal "error" "$said" "streams: socket: Protocol not supported"
}

# start_for WHO: a stack.
start_for()
{
	start TS1LS1CM1 --allow "$1"
	expect_equal "allow of show" \
		"$(srv pikactl show --json | sed -n 's/.*"allow": "\(.*\)".*/\1/p')" "$1"
}

case__root_alone_may_by_default()
{
	start TS1LS1CM1
	may srv
	may_not as 1000 1000 0
	stop
}

case__all_may_if_that_is_said()
{
	start_for all
	may srv
	may as 1000 1000 1000
	stop
}

case__members_of_a_group_may()
{
	start_for gid:77
	may srv
	may as 1000 77 1000
	may as 1000 1000 77,78
	may_not as 1000 1000 78
	stop
}

case__processes_of_a_cgroup_may()
{
	mkdir -p /sys/fs/cgroup/web/inner /sys/fs/cgroup/other
	start_for cgroup:/web
	may srv
	may_not as 1000 1000 1000
	may in_cgroup web as 1000 1000 1000
	may in_cgroup web/inner as 1000 1000 1000
	may_not in_cgroup other as 1000 1000 1000
	rmdir /sys/fs/cgroup/web/inner /sys/fs/cgroup/web /sys/fs/cgroup/other
	stop
}

# in_cgroup NAME COMMAND...
in_cgroup()
{
	(
		echo "$BASHPID" >"/sys/fs/cgroup/$1/cgroup.procs"
		"${@:2}"
	)
}

case__another_users_server_is_served()
{
	start_for all
	serve srv setpriv --reuid 1000 --regid 1000 --clear-groups \
		streams --pika serve 8080 20
	cli streams again 10.9.0.1 8080 20 1000
	wait "$server"
	look
	expect_equal "connections by a link" "$(counter ts.passive_opens)" 20
	stop
}

case__a_wrong_answer_to_who_is_refused()
{
	local who

	net
	load
	for who in nobody gid: gid:x gid:-1 gid:4294967295 cgroup:/no/such "$(printf %0300d 0)"; do
		! srv pikactl start TS1LS1CM1 --link veth0 --allow "$who" 2>/tmp/said ||
			fail "started for $who"
		expect_equal "lines for $who" "$(wc -l </tmp/said)" 1
		grep -q "pika.ko: allow" /tmp/said || fail "$(cat /tmp/said)"
	done
	unload
}

run_cases
