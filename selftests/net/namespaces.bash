# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For tests with a stack: a server's and a client's namespace with a wire between
# them. Sourced after lib.sh.

# net: two namespaces, srv with veth0 (10.9.0.1, fd09::1) and cli with veth1 (the
# same with 2).
net()
{
	ip netns add srv
	ip netns add cli
	ip link add veth0 netns srv type veth peer name veth1 netns cli
	ip -n srv -batch - <<-END
	addr add 10.9.0.1/24 dev veth0
	addr add fd09::1/64 dev veth0 nodad
	link set lo up
	link set veth0 up
	END
	ip -n cli -batch - <<-END
	addr add 10.9.0.2/24 dev veth1
	addr add fd09::2/64 dev veth1 nodad
	link set veth1 up
	END
}

srv()
{
	ip netns exec srv "$@"
}

cli()
{
	ip netns exec cli "$@"
}

# offload NAMESPACE DEVICE on|off: of checksums and segmentation, both ways.
offload()
{
	ip netns exec "$1" ethtool -K "$2" rx "$3" tx "$3" gro "$3" gso "$3" tso "$3" \
		>/dev/null
}

# start COMPOSITION [OPTION...]: a loaded module and a started stack.
start()
{
	net
	load
	srv pikactl start "$@" --link veth0 --max-conns 1024
}

# stop: with nothing left behind.
stop()
{
	srv pikactl stop
	unload
	[ ! -e /sys/module/pika ] || fail "still loaded"
}

# serve NAMESPACE COMMAND...: in the background, until it says that it listens; sets
# server and said_by_server.
# shellcheck disable=SC2034 # for those who source this
serve()
{
	said_by_server=/tmp/server.$BASHPID.said
	: >"$said_by_server"
	ip netns exec "$@" >"$said_by_server" &
	server=$!
	for _ in {1..200}; do
		! grep -q listening "$said_by_server" || return 0
		sleep 0.05
	done
	fail "no server"
}

# look: what pikactl stats says now is what counter tells.
look()
{
	stats=$(srv pikactl stats --all)
}

# counter NAME: the sum of all servers' and endpoints' when we looked. So one sees that
# it was PIKA: Linux's own TCP would have served as well.
counter()
{
	awk -v name="$1" '$1 == name { sum += $2; n++ }
		END { if (n) print sum; else exit 1 }' <<<"$stats" || fail "no counter $1"
}

# opened PASSIVE [ACTIVE]: so many connections were PIKA's since its start.
opened()
{
	look
	expect_equal "connections that came by a link" "$(counter ts.passive_opens)" "$1"
	expect_equal "connections that left by a link" "$(counter ts.active_opens)" "${2:-0}"
}

# of_stack KEY: a number of pikactl show.
of_stack()
{
	srv pikactl show --json | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p"
}

# opened_by_linux: connections that Linux's TCP has begun or taken in srv, ever.
opened_by_linux()
{
	srv cat /proc/net/snmp | awk '$1 == "Tcp:" && $6 ~ /^[0-9]/ { print $6 + $7 }'
}

# like_linux PROGRAM GROUP: socket calls answer as Linux's, and it was PIKA that opened
# the connections: as many as Linux had, but for one, which Linux has more at times.
like_linux()
{
	local before by_linux by_pika

	start TS1LS1CM1
	before=$(opened_by_linux)
	srv "$@" >/tmp/linux.said
	by_linux=$(($(opened_by_linux) - before))
	srv "$1" --pika "${@:2}" >/tmp/pika.said
	diff /tmp/linux.said /tmp/pika.said || fail "not like Linux (<)"
	look
	by_pika=$(($(counter ts.passive_opens) + $(counter ts.active_opens)))
	[ "$by_pika" -eq "$by_linux" ] ||
		{ [ "$by_pika" -gt 0 ] && [ "$by_pika" -eq $((by_linux - 1)) ]; } ||
		fail "PIKA opened $by_pika connections, Linux $by_linux"
	expect_equal sockets "$(of_stack sockets)" 0
	stop
}

# Every case leaves its namespaces to the next one's reset.
reset_module()
{
	local name

	for name in srv cli far; do
		[ ! -e /run/netns/$name ] || ip netns pids $name | xargs -r kill -9
	done
	[ ! -e /sys/module/pika ] || [ ! -e /run/netns/srv ] ||
		srv pikactl stop >/dev/null 2>&1 || true
	for name in srv cli far; do
		[ ! -e /run/netns/$name ] || ip netns del $name
	done
	for _ in {1..100}; do
		[ -e /sys/module/pika ] || return 0
		! rmmod pika 2>/dev/null || return 0
		sleep 0.1
	done
}
