# SPDX-License-Identifier: GPL-2.0-only
#
# nic82599 and nic82599ctl without a guest: options, sockets, and how they end.

bats_require_minimum_version 1.5.0

setup_file() {
	make -s -C "$BATS_TEST_DIRNAME/../../tools/nic82599" -j"$(nproc)"
}

setup() {
	bin=$BATS_TEST_DIRNAME/../../build/bin
	nic=$bin/nic82599
	ctl=$bin/nic82599ctl
	at=$BATS_TEST_TMPDIR
	model=
}

teardown() {
	[ -z "$model" ] || kill "$model" 2>/dev/null || true
}

start() {
	"$nic" "$@" --control "$at/control" 2>"${log:-$at/log}" 3>&- &
	model=$!
	for _ in {1..500}; do
		[ ! -S "$at/control" ] || return 0
		sleep 0.01
	done
	cat "$at/log"
	return 1
}

refused() {
	run "$nic" "${@:2}"
	[ "$status" -eq 2 ]
	[ "$output" = "nic82599: $1; see nic82599 --help" ]
}

@test "wrong usage is one line and exit 2" {
	refused "--socket: expected one or two"
	refused "--socket: expected one or two" --socket a --socket b --socket c
	refused "--wire: expected two --socket" --socket a --wire
	refused "--wire and --tap: expected one of them" --socket a --socket b --wire --tap t
	refused "--tap: more than there are ports" --socket a --tap t --tap u
	refused "--mac 01:00:00:00:00:01: expected one such as 52:54:00:70:6b:01" \
		--socket a --mac 01:00:00:00:00:01
	refused "--mac 52:54:00:70:6b: expected one such as 52:54:00:70:6b:01" \
		--socket a --mac 52:54:00:70:6b
	refused "--frobnicate: no such command or option" --socket a --frobnicate
	run -2 "$nic" --socket a --loss 1.5
	run -2 "$nic" --socket a --fault 9999
	run -2 "$ctl" "$at/control" link sideways
	run -2 "$ctl" "$at/control"
	[ ! -e a ]
}

@test "what cannot be opened is one line and exit 1" {
	touch "$at/file"
	run -1 "$nic" --socket "$at/file"
	[ "$output" = "nic82599: $at/file: exists and is not a socket" ]
	run -1 "$nic" --socket "$at/none/socket"
	[ "$output" = "nic82599: $at/none/socket: No such file or directory" ]
	run -1 "$nic" --socket "$at/socket" --pcap "$at/none/pcap"
	[ ! -e "$at/socket" ]
	run -1 "$ctl" "$at/none" stats
	[ "$output" = "nic82599ctl: $at/none: No such file or directory" ]
}

@test "it ends by a signal and leaves no file; only its user may connect" {
	for signal in TERM INT HUP; do
		start --socket "$at/a" --socket "$at/b" --wire
		[ "$(stat -c %a "$at/a")" = 600 ]
		kill -s "$signal" "$model"
		wait "$model"
		[ "$(ls "$at")" = log ]
	done
}

@test "a place that is taken is not taken over; one that was left is" {
	start --socket "$at/a"
	run -1 "$nic" --socket "$at/a"
	[ "$output" = "nic82599: $at/a: somebody listens there" ]
	kill -KILL "$model"
	wait "$model" || true
	[ -S "$at/a" ]
	rm "$at/control"
	start --socket "$at/a"
	"$ctl" "$at/control" stats
}

@test "nic82599ctl asks of one port or all" {
	start --socket "$at/a" --socket "$at/b" --wire
	"$ctl" "$at/control" link down
	"$ctl" "$at/control" --port 1 fault 1
	"$ctl" "$at/control" remove
	run "$ctl" "$at/control" stats
	[ "$status" -eq 0 ]
	[[ $output == *"port 0"*"attached         false"*"port 1"* ]]
	run python3 -c 'import json, sys
print([port["sent"] for port in json.load(sys.stdin)["ports"]])' \
		< <("$ctl" "$at/control" --port 1 stats --json)
	[ "$output" = "[0]" ]
	run -1 "$ctl" "$at/control" --port 2 stats
	[ "$output" = "nic82599ctl: port '2': there are 2" ]
	run -1 "$ctl" "$at/control" fault 9999
	[[ $output == "nic82599ctl: fault '9999': expected 0 to "* ]]
}

@test "what is no text is refused and ends nothing" {
	start --socket "$at/a"
	python3 - "$at/control" <<-'END'
		import json, socket, sys
		for line in b"\xff\n", b"0 fault \xff\n", b"\0\n", b"0 link " + b"\x80" * 99 + b"\n":
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    s.sendall(line)
		    assert "error" in json.loads(s.makefile().readline()), line
	END
	kill -0 "$model"
}

@test "its log's reader may go" {
	mkfifo "$at/pipe"
	cat "$at/pipe" 3>&- &
	local reader=$!
	log=$at/pipe start --socket "$at/a"
	kill "$reader"
	wait "$reader" || true
	# It has something to say of each.
	python3 - "$at/a" <<-'END'
		import socket, sys
		for _ in range(3):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    s.sendall(b"x" * 16)
		    assert s.recv(1) == b""
	END
	"$ctl" "$at/control" stats
}

@test "who says nothing, or too much, does not stop the others" {
	start --socket "$at/a"
	python3 - "$at/control" "$at/a" <<-'END' &
		import os, socket, sys, time
		def connect(path):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(path)
		    return s
		silent = [connect(sys.argv[1]) for _ in range(5)]
		def is_left(s):
		    try:
		        return s.recv(10) == b""
		    except ConnectionResetError:
		        return True
		loud = connect(sys.argv[1])
		loud.sendall(b"x" * 1000)
		assert is_left(loud)
		# No version, and nonsense: left, and the next one is heard.
		for nonsense in (b"x" * 64, b"\0" * 16, bytes([0, 0, 4, 0, 16] + [0] * 11)):
		    s = connect(sys.argv[2])
		    s.sendall(nonsense)
		    assert is_left(s)
		open(sys.argv[1] + ".done", "w")
		time.sleep(60)
	END
	client=$!
	for _ in {1..500}; do
		[ ! -e "$at/control.done" ] || break
		sleep 0.02
	done
	[ -e "$at/control.done" ]
	"$ctl" "$at/control" stats
	kill "$client"
	grep -q 'client left alone: a message of' "$at/log"
}

# In a network namespace of its own, where its user is root.
@test "a tap device is made and goes with the program; one that was there stays" {
	local user=()

	cd "$at"
	[ "$(id -u)" -eq 0 ] || user=(--user --map-root-user)
	# shellcheck disable=SC2016 # for the inner shell
	run unshare "${user[@]}" --net bash -euc '
		until_there() { for _ in {1..500}; do [ ! -S control ] || return 0; sleep 0.01; done; false; }
		start() { "$0" --socket a --tap "$1" --control control & until_there; }
		start tap7
		[ -e /proc/sys/net/ipv4/conf/tap7 ]
		"$1" control stats | grep -q "tap_dropped *0"
		kill $!
		wait $!
		[ ! -e /proc/sys/net/ipv4/conf/tap7 ]
		ip tuntap add tap8 mode tap
		start tap8
		kill $!
		wait $!
		[ -e /proc/sys/net/ipv4/conf/tap8 ]
		! "$0" --socket a --tap lo
		! "$0" --socket a --tap a-name-that-is-too-long
	' "$nic" "$ctl"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "nic82599: tap lo: Invalid argument" ]
	[[ ${lines[1]} == "nic82599: tap 'a-name-that-is-too-long': expected "* ]]
	[ "$(ls "$at")" = "" ]
}

@test "what is installed is uninstalled, and nothing else" {
	mkdir -p "$at/root/usr/bin"
	: >"$at/root/usr/bin/other"
	make -s -C "$BATS_TEST_DIRNAME/../../tools/nic82599" install DESTDIR="$at/root" PREFIX=/usr
	[ "$(cd "$at/root" && find . ! -type d | sort | xargs)" = "./usr/bin/nic82599 \
./usr/bin/nic82599ctl ./usr/bin/other ./usr/share/man/man1/nic82599.1 \
./usr/share/man/man1/nic82599ctl.1" ]
	"$at/root/usr/bin/nic82599" --version
	grep -q nic82599ctl "$at/root/usr/share/man/man1/nic82599ctl.1"
	make -s -C "$BATS_TEST_DIRNAME/../../tools/nic82599" uninstall DESTDIR="$at/root" PREFIX=/usr
	[ "$(cd "$at/root" && find . ! -type d)" = ./usr/bin/other ]
}

processes_of_this() {
	pgrep -f "nic82599.*$at/a"
}

# After the program was killed and its client has left.
all_end() {
	wait "$model" || true
	model=
	for _ in {1..500}; do
		processes_of_this >/dev/null || return 0
		sleep 0.02
	done
	return 1
}

@test "who kills it leaves its client with a card that was pulled out" {
	start --socket "$at/a"
	[ "$(processes_of_this | wc -l)" -eq 2 ]
	python3 - "$at/a" "$model" <<-'END'
		import os, signal, socket, struct, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.settimeout(20)
		def say(command, payload, flags=0):
		    s.sendall(struct.pack("<HHIII", 7, command, 16 + len(payload), flags, 0) + payload)
		def ask(command, payload):
		    say(command, payload)
		    return s.recv(4096)
		def status():
		    return ask(9, struct.pack("<QII", 8, 0, 4))[-4:]
		ask(1, struct.pack("<HH", 0, 1) + b"{}\0")
		assert status() == b"\0\0\0\0", status()
		os.kill(int(sys.argv[2]), signal.SIGKILL)
		time.sleep(0.1)
		say(10, struct.pack("<QIII", 0, 0, 4, 1 << 26), 0x10)
		assert status() == b"\xff\xff\xff\xff", status()
		assert len(ask(13, b"")) == 16
		assert status() == b"\xff\xff\xff\xff", status()
	END
	all_end
	grep -q 'killed; reads of its cards give ones until QEMU leaves' "$at/log"
}

@test "who kills it without a client leaves no process" {
	start --socket "$at/a"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$at/a"
	kill -KILL "$model"
	all_end
}
