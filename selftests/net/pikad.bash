# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For tests with pikad: a file, the daemon, what it has said. Limits in time are far
# beyond what is needed, also on a debug kernel. Sourced after namespaces.bash.

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

# eventually COMMAND...: is true after some time, unless the daemon has died.
eventually()
{
	local until=$((SECONDS + 60))

	while [ "$SECONDS" -lt "$until" ]; do
		! "$@" 2>/dev/null || return 0
		[ -z "$pikad" ] || kill -0 "$pikad" 2>/dev/null || break
		sleep 0.05
	done
	! "$@" 2>/dev/null || return 0
	fail "not in time: $*; $(tail -n 3 "$log")"
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

# ended_in NAMESPACE...: pikad, then the stacks there, as it would bring them back.
ended_in()
{
	local where

	kill "$pikad"
	wait "$pikad"
	for where; do
		"$where" pikactl stop
	done
	unload
}

ended()
{
	ended_in srv
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
