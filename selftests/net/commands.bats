# SPDX-License-Identifier: GPL-2.0-only
#
# Every command of pikactl where a module is loaded, with a stack and without, in words
# and in JSON, and every refusal of the kernel's: one line, its exit status, and nothing
# has changed. In a guest, as root.

bats_require_minimum_version 1.5.0

setup_file() {
	. namespaces.bash
	reset_module
	net
	insmod "$PIKA_KO"
}

teardown_file() {
	. namespaces.bash
	reset_module
}

setup() {
	. namespaces.bash
}

teardown() {
	[ -z "${server-}" ] || kill "$server" 2>/dev/null || true
	pikactl -n srv stop --force 2>/dev/null || true
}

up() {
	pikactl -n srv start TS1LS1CM1 --link veth0 --max-conns 256 --cores 0
}

# fails LINE ARGUMENT...: pikactl in srv says LINE alone, on standard error; status 1.
fails() {
	run --separate-stderr pikactl -n srv "${@:2}"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "pikactl: pika.ko: $1" ]
}

# refuses LINE ARGUMENT...: likewise, and the stack, or that there is none, stays.
refuses() {
	local before
	before=$(pikactl -n srv show --json)
	fails "$@"
	[ "$(pikactl -n srv show --json)" = "$before" ]
}

# member EXPRESSION ARGUMENT...: of the JSON that pikactl prints, d.
member() {
	pikactl -n srv --json "${@:2}" |
		python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

@test "version" {
	run pikactl version
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = "pika.ko $(modinfo -F version "$PIKA_KO") (abi 1)" ]
	[ "$(member 'd["module"] == d["pikactl"]' version)" = True ]
}

@test "show without a stack" {
	run pikactl -n srv show
	[ "$output" = "module pika $(modinfo -F version "$PIKA_KO") abi 1 kernel $(uname -r)" ]
	[ "$(member 'd["stack"]' show)" = None ]
}

@test "without a stack the others say so" {
	for words in stop "stop --force" stats listeners connections acceptors "link add veth0" \
		"link del veth0"; do
		# shellcheck disable=SC2086 # words
		fails "no stack is started in this namespace" $words
		# shellcheck disable=SC2086
		fails "no stack is started in this namespace" --json $words
	done
}

@test "start says nothing, show what runs" {
	run up
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run pikactl -n srv show
	[ "${lines[1]}" = "stack TS1LS1CM1 link veth0 cores 0 idle-us 0 max-conns 256 firewall syn allow root" ]
	[ "${lines[2]}" = "  servers 1 sockets 0 lingering 0 flows 0" ]
	[ "$(member 'd["stack"]["links"], d["stack"]["max_conns"]' show)" = "veth0 256" ]
}

@test "each option of start is what show says" {
	pikactl -n srv start TS1+LS1CM1 --link veth0 --cores 0-1 --idle-us 7 --max-conns 1000 \
		--firewall none --allow gid:33 >/dev/null
	run pikactl -n srv show
	[ "${lines[1]}" = "stack TS1+LS1CM1 link veth0 cores 0-1 idle-us 7 max-conns 1024 firewall none allow gid:33" ]
}

@test "start by --firewall none says what that skips" {
	run pikactl -n srv start TS1LS1CM1 --link veth0 --max-conns 256 --firewall none
	[ "$status" -eq 0 ]
	[[ $output == "firewall none: no rule of input, "* ]]
}

@test "what start refuses" {
	refuses "TS1LS0CM1: at 6: expected a count from 1 to 128" start TS1LS0CM1 --link veth0
	refuses "link eth7: no such device here" start TS1LS1CM1 --link eth7
	refuses "link veth1: no such device here" start TS1LS1CM1 --link veth1
	refuses "link veth0: named twice" start TS1LS1CM1 --link veth0,veth0
	refuses "link lo: is loopback, or a port of something else" start TS1LS1CM1 --link lo
	refuses "cores x: not a list of CPUs" start TS1LS1CM1 --link veth0 --cores x
	refuses "cores 77: not a list of CPUs" start TS1LS1CM1 --link veth0 --cores 77
	refuses "2 cores for 1 servers; expected as many" start TS1LS1CM1 --link veth0 --cores 0-1
	refuses "100 connections: expected 256 to 1048576" start TS1LS1CM1 --link veth0 \
		--max-conns 100
	up
	refuses "a stack is started already in this namespace" start TS1LS1CM1 --link veth0
}

@test "what a core or a port is needed for already" {
	up
	run pikactl -n cli start TS1LS1CM1 --link veth1 --max-conns 256 --cores 0
	[ "$status" -eq 1 ]
	[ "$output" = "pikactl: pika.ko: core 0: runs a server of another namespace's stack" ]
	pikactl -n srv stop
	srv sysctl -q net.ipv4.ip_local_port_range="32768 61000"
	refuses "ip_local_port_range 32768-61000: reaches into 61000-65535, which are PIKA's" \
		start TS1LS1CM1 --link veth0
	srv sysctl -q net.ipv4.ip_local_port_range="32768 60999"
}

@test "stop while a program holds sockets" {
	up
	serve srv streams --pika hold 80
	refuses "programs hold 1 sockets of this stack; end them first, or stop --force" stop
	run pikactl -n srv stop --force
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	fails "no stack is started in this namespace" stop
}

@test "link add and del" {
	up
	ip -n srv link add other type dummy
	run pikactl -n srv link add other
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(member 'd["stack"]["links"]' show)" = veth0,other ]
	refuses "link other: is one of this stack already" link add other
	pikactl -n srv link del veth0
	[ "$(member 'd["stack"]["links"]' show)" = other ]
	refuses "link other: is the only one; stop the stack, or add another first" link del other
	refuses "link veth0: is none of this stack" link del veth0
	refuses "link eth7: no such device here" link del eth7
	ip -n srv link del other
	[ -z "$(member 'd["stack"]["links"]' show)" ]
	pikactl -n srv link add veth0
	[ "$(member 'd["stack"]["links"]' show)" = veth0 ]
}

@test "stats" {
	up
	run pikactl -n srv stats
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "server 0 core 0"* ]]
	all=$(pikactl -n srv stats --all | wc -l)
	[ "$all" -gt "${#lines[@]}" ]
	[ "$(member 'd["servers"][0]["ts"]["passive_opens"]' stats)" = 0 ]
}

@test "listeners, connections and acceptors of nobody" {
	up
	for command in listeners connections acceptors; do
		run pikactl -n srv $command
		[ "$status" -eq 0 ]
		[ -z "$output" ]
		[ "$(member "d['$command']" "$command")" = "[]" ]
	done
}

@test "listeners, connections and acceptors of a server" {
	up
	serve srv streams --pika epoll 80 2
	cli streams ask 10.9.0.1 80 1 1000
	run pikactl -n srv listeners
	[[ ${lines[0]} == *"0.0.0.0:80"* ]]
	[ "$(member 'd["listeners"][0]["port"]' listeners)" = 80 ]
	[ "$(member 'd["acceptors"][0]["claimed"]' acceptors)" = 1 ]
	[ "$(member 'd["acceptors"][0]["pid"]' acceptors)" = "$server" ]
	run pikactl -n srv acceptors
	[[ ${lines[0]} == *" claimed 1 "* ]]
	run pikactl -n srv connections --state established
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run pikactl -n srv connections --port 81
	[ -z "$output" ]
}

@test "events and monitor are the same" {
	for command in events monitor; do
		run timeout 3 pikactl -n srv $command
		[ "$status" -eq 124 ]
		[ "$output" = "module loaded" ]
		run timeout 3 pikactl -n srv --json $command
		[ "$output" = '{"event":"module-loaded"}' ]
	done
}

@test "who may not, is told" {
	up
	for words in "start TS1LS1CM1 --link veth0" stop "stop --force" "link add veth0" \
		"link del veth0"; do
		# shellcheck disable=SC2086 # words
		run ip netns exec srv setpriv --reuid 65534 --clear-groups pikactl $words
		[ "$status" -eq 1 ]
		[ "$output" = "pikactl: pika.ko: Operation not permitted" ]
	done
	run setpriv --reuid 65534 --clear-groups pikactl -n srv show
	[ "$status" -eq 1 ]
	[ "$output" = "pikactl: -n srv: entering a network namespace: Operation not permitted" ]
	# Anybody may ask.
	for command in show stats listeners connections acceptors version; do
		run ip netns exec srv setpriv --reuid 65534 --clear-groups pikactl $command
		[ "$status" -eq 0 ]
	done
}
