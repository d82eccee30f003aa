# SPDX-License-Identifier: GPL-2.0-only
#
# Every command of pikad where a module is loaded, with a daemon and without, and what it
# says of all that can be wrong there: one line, and its exit status. In a guest, as root.

bats_require_minimum_version 1.5.0

setup_file() {
	setup
	reset_module
	net
	insmod "$PIKA_KO"
}

teardown_file() {
	setup
	reset_module
}

setup() {
	. namespaces.bash
	. pikad.bash
	: >"$log"
	pikad=
	helper=
}

teardown() {
	[ -z "$helper" ] || kill "$helper" 2>/dev/null || true
	reset_stacks
	pikactl -n srv stop --force 2>/dev/null || true
}

fail() {
	echo "$*"
	return 1
}

# up: a daemon whose file has one stack, which runs.
up() {
	stack srv veth0 0 | put
	daemon 3>&-
	eventually runs srv veth0 0
}

# says LINE COMMAND...: that alone, on standard error; status 1.
says() {
	run --separate-stderr "${@:2}"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "$1" ]
}

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# member EXPRESSION: of what pikad status --json says, d.
member() {
	pikad status --json | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

# http ARGUMENT...: the status that the daemon's socket answers with, and what it says.
http() {
	curl -s -w '%{http_code}' --unix-socket /run/pika/pikad.sock "$@"
}

@test "--check asks no kernel and needs no privileges" {
	{ stack gone eth7 900; stack srv veth0 0; } >/tmp/other.toml
	run nobody pikad --check -c /tmp/other.toml
	[ "$status" -eq 0 ]
	[ "$output" = "/tmp/other.toml: 2 stacks" ]
}

@test "--dry-run tells what would be started and what waited for" {
	{ stack srv veth0 0; stack cli veth7 1; stack gone eth0 2; } | put
	run pikad --dry-run -c "$file"
	[ "$status" -eq 0 ]
	[ "$output" = "namespace srv: start TS1LS1CM1 link veth0 cores 0 idle-us 0 max-conns 256 firewall syn allow root
namespace cli: waits: no device veth7
namespace gone: waits: no such network namespace" ]
	none_in srv
}

@test "--dry-run without a module" {
	rmmod pika
	stack srv veth0 0 | put
	run pikad --dry-run -c "$file"
	insmod "$PIKA_KO"
	[ "$status" -eq 0 ]
	[ "$output" = "namespace srv: waits: pika.ko is not loaded
nothing to do" ]
}

@test "--dry-run where only links are different" {
	ip -n srv link add other type dummy
	pikactl -n srv start TS1LS1CM1 --link veth0 --max-conns 256 --cores 0
	stack srv other 0 | put
	run pikad --dry-run -c "$file"
	before=$(pikactl -n srv show)
	ip -n srv link del other
	[ "$output" = "namespace srv: differs: links 'veth0' -> 'other'
namespace srv: link add other
namespace srv: link del veth0" ]
	[[ $before == *" link veth0 "* ]]
}

@test "--dry-run tells of a stop by force" {
	up
	{ stack srv veth0 1; echo "force = true"; } >/tmp/other.toml
	run pikad --dry-run -c /tmp/other.toml
	[ "${lines[1]}" = "namespace srv: stop TS1LS1CM1 by force" ]
	runs srv veth0 0
}

@test "status of stacks that run, wait and cannot be started" {
	{ stack srv veth0 0; stack cli veth1 77; stack gone eth0 1; } | put
	daemon 3>&-
	eventually pikad status
	why="start TS1LS1CM1 link veth1 cores 77 idle-us 0 max-conns 256 firewall syn allow root"
	why="namespace cli: $why: pika.ko: cores 77: not a list of CPUs"
	run pikad status
	[ "$status" -eq 0 ]
	[ "$output" = "file $file: holds
namespace cli: failed: $why
namespace gone: waiting: no such network namespace
namespace srv: running
  TS1LS1CM1 cores 0 sockets 0 flows 0 listeners 0" ]
	[ "$(member '[s["state"] for s in d["stacks"]]')" = "['failed', 'waiting', 'running']" ]
	[ "$(member 'd["stacks"][2]["links"]')" = "[{'attached': True, 'name': 'veth0'}]" ]
	[ "$(member 'd["stacks"][0]["why"]')" = "$why" ]
	said "pikad: $why" 1
	stack cli veth1 0 | put
	eventually runs cli veth1 0
	[ "$(member '[s["state"] for s in d["stacks"]]')" = "['running']" ]
}

@test "status of a file that is refused" {
	up
	echo nonsense | put
	eventually said "$file:1: "
	run pikad status
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "file $file: refused: $file:1: "* ]]
	[ "${lines[1]}" = "namespace srv: running" ]
	[[ $(member 'd["refusal"]') == "$file:1: "* ]]
}

@test "status without a daemon, by another user, and of somebody else's answers" {
	says "pikad: no pikad runs; start one with 'systemctl start pikad'" pikad status
	up
	says "pikad: /run/pika/pikad.sock: Permission denied" nobody pikad status
	mkdir -p /tmp/other
	python3 -u - >/tmp/other.said 3>&- <<-'END' &
	import socket
	listener = socket.socket(socket.AF_UNIX)
	listener.bind("/tmp/other/pikad.sock")
	listener.listen()
	print("listening")
	for answer in "HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.1 500 No\r\n\r\n", "nonsense", "":
	    peer = listener.accept()[0]
	    peer.recv(1000)
	    peer.send(answer.encode())
	    peer.close()
	END
	helper=$!
	eventually grep -q listening /tmp/other.said
	ask=(env RUNTIME_DIRECTORY=/tmp/other pikad status)
	says "pikad: the daemon's answer is not a status; is it another version?" "${ask[@]}"
	says "pikad: /tmp/other/pikad.sock: HTTP/1.1 500 No" "${ask[@]}"
	says "pikad: /tmp/other/pikad.sock: nonsense" "${ask[@]}"
	says "pikad: /tmp/other/pikad.sock: closed without an answer" "${ask[@]}"
}

@test "what the socket is asked and does not know" {
	up
	[ "$(http http://localhost/)" = "expected /metrics or /status
404" ]
	[ "$(http -X POST http://localhost/metrics)" = "expected GET
405" ]
	[ "$(http http://localhost/metrics -H "X: $(printf %09000d 0)")" = "expected GET PATH HTTP/1.1
400" ]
	[ "$(http http://localhost/metrics | tail -n 2)" = "# EOF
200" ]
}

# Sets helper to who has the port of the metrics.
take_port()
{
	ip link set lo up
	python3 -u -c '
import signal, socket
listener = socket.create_server(("127.0.0.1", 9464))
print("listening")
signal.pause()' >/tmp/other.said 3>&- &
	helper=$!
	eventually grep -q listening /tmp/other.said
}

@test "a port that somebody has" {
	up
	take_port
	{ stack srv veth0 1; printf '[metrics]\nport = 9464\n'; } | put
	eventually said "pikad: metrics: port 9464: Address already in use" 1
	runs srv veth0 0
	[[ $(pikad status) == *": refused: metrics: port 9464: Address already in use"* ]]
	kill "$helper"
	wait "$helper" || true
	kill -HUP "$pikad"
	eventually runs srv veth0 1
	curl -sf http://127.0.0.1:9464/status >/dev/null
}

@test "a port that somebody has at start keeps no stack from running" {
	take_port
	{ stack srv veth0 0; printf '[metrics]\nport = 9464\n'; } | put
	daemon 3>&-
	eventually runs srv veth0 0
	said "pikad: metrics: port 9464: Address already in use" 1
}

@test "SIGTERM and SIGINT end it, and stacks stay" {
	for signal in TERM INT; do
		up
		eventually pikad status
		kill "-$signal" "$pikad"
		wait "$pikad"
		runs srv veth0 0
	done
}

@test "a folder for its state that cannot be one" {
	stack srv veth0 0 | put
	: >/tmp/no-folder
	says "pikad: /tmp/no-folder/pikad.lock: Not a directory" \
		env RUNTIME_DIRECTORY=/tmp/no-folder pikad -c "$file"
	says "pikad: /proc/pika: No such file or directory" \
		env RUNTIME_DIRECTORY=/proc/pika pikad -c "$file"
	none_in srv
	long=/tmp/$(printf %0100d 0)
	says "pikad: $long/pikad.sock: too long" env RUNTIME_DIRECTORY="$long" pikad status
	# Nobody can ask it, and it works.
	RUNTIME_DIRECTORY=$long daemon 3>&-
	eventually runs srv veth0 0
	said "pikad: $long/pikad.sock: too long for a socket" 1
}

@test "one daemon on a machine, and a new one after it was killed" {
	up
	says "pikad: a pikad runs already (process $pikad), expected one on a machine; /run/pika/pikad.lock is its lock" \
		pikad -c "$file"
	kill -9 "$pikad"
	wait "$pikad" || true
	says "pikad: no pikad runs; start one with 'systemctl start pikad'" pikad status
	daemon 3>&-
	eventually pikad status
	runs srv veth0 0
}
