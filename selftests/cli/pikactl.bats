# SPDX-License-Identifier: GPL-2.0-only
#
# pikactl's manners where no module is loaded: usage, help, JSON, exit status.

bats_require_minimum_version 1.5.0

setup() {
	PATH=$BATS_TEST_DIRNAME/../../build/bin:$PATH
}

# refused TEXT: the command failed as wrong usage, with that one line.
refused() {
	[ "$status" -eq 2 ]
	[ "$output" = "pikactl: $1; see pikactl --help" ]
}

@test "without a command: usage" {
	run pikactl
	refused "no command"
}

@test "an unknown command is named" {
	run pikactl shwo
	refused "shwo: no such command or option"
}

@test "an unknown option is named" {
	run pikactl show --frobnicate
	refused "--frobnicate: no such command or option"
}

@test "a stray argument is named" {
	run pikactl show eth0
	refused "eth0: no such command or option"
}

@test "--help lists the commands and goes to stdout" {
	run --separate-stderr pikactl --help
	[ "$status" -eq 0 ]
	[[ $output == *version* && $output == *show* && $output == *Examples* ]]
	[ -z "$stderr" ]
}

@test "each command has help with examples, which begin with it" {
	commands=$(pikactl --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\)[, ].*/\1/p')
	[ -n "$commands" ]
	for command in $commands "link add" "link del"; do
		# shellcheck disable=SC2086 # words
		run pikactl $command --help
		[ "$status" -eq 0 ]
		[[ $output == *"Examples:"*"  pikactl "*"$command"* ]]
	done
}

@test "-n works in a network namespace, and says if it cannot" {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	run pikactl -n nowhere show
	[ "$status" -eq 1 ]
	[ "$output" = "pikactl: no network namespace nowhere" ]
	run pikactl show --netns ../../tmp
	[ "$status" -eq 1 ]
	run pikactl show -n
	[ "$status" -eq 2 ]
}

@test "the first word of a line is bold on a terminal, and nowhere else" {
	bold=$'\033[1mpikactl\033[0m '
	run env TERM=xterm script -qec "pikactl version" /dev/null
	[[ $output == "$bold"* ]]
	run env TERM=xterm NO_COLOR=1 script -qec "pikactl version" /dev/null
	[[ $output == "pikactl "* ]]
	run env TERM=dumb script -qec "pikactl version" /dev/null
	[[ $output == "pikactl "* ]]
	run pikactl version
	[[ $output == "pikactl "* ]]
}

@test "version prints pikactl's own version" {
	run pikactl version
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "pikactl $(cat "$BATS_TEST_DIRNAME/../../VERSION") (abi 1)" ]
}

@test "version --json is JSON, before or after the command" {
	run bash -c "pikactl version --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"pikactl\"][\"abi\"])'"
	[ "$output" = 1 ]
	run bash -c "pikactl --json version | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"pikactl\"][\"abi\"])'"
	[ "$output" = 1 ]
}

@test "errors go to stderr, nothing to stdout" {
	run --separate-stderr pikactl nonsense
	[ -z "$output" ]
	[ -n "$stderr" ]
}

@test "output that cannot be written is a failure" {
	run bash -c 'pikactl version >/dev/full'
	[ "$status" -eq 1 ]
	[ "$output" = "pikactl: standard output: No space left on device" ]
}

@test "start without a composition or a link: usage" {
	run pikactl start --link eth0
	[ "$status" -eq 2 ]
	[[ $output == "pikactl: composition is required"* ]]
	run pikactl start TS1LS1CM1
	[ "$status" -eq 2 ]
	[[ $output == "pikactl: --link is required"* ]]
}

@test "link wants to know what to do, and with which device" {
	run pikactl link
	[ "$status" -eq 2 ]
	[[ $output == "pikactl: "*"subcommand"* ]]
	run pikactl link add
	[ "$status" -eq 2 ]
	[[ $output == "pikactl: device is required"* ]]
	run pikactl link del eth0 eth1
	refused "eth1: no such command or option"
}

@test "--idle-us wants a number" {
	run pikactl start TS1LS1CM1 --link eth0 --idle-us soon
	[ "$status" -eq 2 ]
	[[ $output == "pikactl: "*"idle-us"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "without the module each command says so" {
	[ ! -e /sys/module/pika ] || skip "it is loaded"
	run pikactl start TS1LS1CM1 --link eth0
	[ "$status" -eq 1 ]
	[ "$output" = "pikactl: pika.ko: not loaded; load it with 'insmod pika.ko'" ]
	for command in stop "link add eth0" "link del eth0" show stats listeners connections \
		acceptors; do
		# shellcheck disable=SC2086 # words
		run pikactl $command
		[ "$status" -eq 1 ]
		[ "$output" = "pikactl: pika.ko: not loaded; load it with 'insmod pika.ko'" ]
	done
}

@test "events waits for the module; monitor is the same" {
	[ ! -e /sys/module/pika ] || skip "it is loaded"
	run timeout 1 pikactl events
	[ "$status" -eq 124 ]
	[ "$output" = "module not loaded" ]
	run timeout 1 pikactl monitor --json
	[ "$status" -eq 124 ]
	[ "$output" = '{"event":"module-unloaded"}' ]
}

@test "events that cannot be written are a failure" {
	run bash -c 'timeout 5 pikactl events >/dev/full'
	[ "$status" -eq 1 ]
	[ "$output" = "pikactl: standard output: No space left on device" ]
}

@test "--firewall is syn or none" {
	run pikactl start TS1LS1CM1 --link eth0 --firewall maybe
	[ "$status" -eq 2 ]
	[[ $output == "pikactl: --firewall: maybe not in {"*"syn"*"}"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "--force belongs to stop" {
	run pikactl show --force
	refused "--force: no such command or option"
}

@test "--all belongs to stats" {
	run pikactl show --all
	refused "--all: no such command or option"
}

@test "connections wants a state that exists and a port that can be" {
	run pikactl connections --state open
	[ "$status" -eq 2 ]
	[[ $output == "pikactl: --state: open not in {established,"* ]]
	[ "${#lines[@]}" -eq 1 ]
	run pikactl connections --port 65536
	[ "$status" -eq 2 ]
	[[ $output == "pikactl: "*"--port = 65536"* ]]
	[ "${#lines[@]}" -eq 1 ]
}
