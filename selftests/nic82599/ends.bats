# SPDX-License-Identifier: GPL-2.0-only
#
# How guests and the model of their cards end: in any order, and nothing is left. Each
# case boots guests of its own, with the kernel PIKA_KERNEL.

bats_require_minimum_version 1.5.0

kernel=${PIKA_KERNEL:-6.1}

# What a guest needs is built before a case's time begins.
setup_file() {
	make -s -C "$BATS_TEST_DIRNAME"
	cd "$BATS_TEST_DIRNAME/../.."
	tools/vm/run --kernel "$kernel" --nic 82599 --nics 2 -- true
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
	at=$BATS_TEST_TMPDIR
	vm=
	model=
}

teardown() {
	[ -z "$vm" ] || kill "$vm" 2>/dev/null || true
	[ -z "$model" ] || kill "$model" 2>/dev/null || true
}

# guest COMMAND [OPTION...]: in a guest with two cards, or what else the options say.
guest() {
	# A background job of this shell would be deaf to SIGINT.
	TMPDIR=$at exec env --default-signal=INT tools/vm/run --timeout 280 \
		--kernel "$kernel" --nic 82599 --nics 2 "${@:2}" -- bash -c ". selftests/nic82599/lib.sh
			$1" bash
}

# boot COMMAND [OPTION...]: likewise in the background, until its output has the word
# "ready".
boot() {
	guest "$@" >"$at/out" 2>"$at/err" 3>&- &
	vm=$!
	for _ in {1..2400}; do
		! grep -q ready "$at/out" || return 0
		kill -0 "$vm" || break
		sleep 0.1
	done
	said
	return 1
}

said() {
	cat "$at/out" "$at/err"
}

# processes PROGRAM [OPTION...]: of this run: each has the run's folder in its arguments.
processes() {
	pgrep "${@:2}" -f "$1.*$at/pika-vm"
}

# The exit status of tools/vm/run.
finish() {
	status=0
	wait "$vm" || status=$?
	vm=
	said
}

nothing_left() {
	for _ in {1..100}; do
		processes '' >/dev/null || break
		sleep 0.1
	done
	run ! processes ''
	! ls -d "$at"/pika-vm.*
}

@test "a model that is killed under load is a card removed, and the guest lives on" {
	boot 'connect_cards
		traffic blast $there4 9 1400 5000 1000000 & blast=$!
		sleep 1
		echo ready
		wait_for "the removal" bash -c "dmesg | grep -q \"ixgbe.*Adapter removed\""
		kill $blast
		ip link set eth0 down
		there ip link set eth1 down
		echo lives on'
	# Not its keeper, which is younger.
	kill -KILL "$(processes 'bin/nic82599' --oldest)"
	finish
	[ "$status" -eq 0 ]
	grep -q 'lives on' "$at/out"
	nothing_left
}

# A guest that sends until something ends.
boot_loaded()
{
	boot 'connect_cards
		traffic blast $there4 9 1400 5000 1000000 &
		sleep 1
		echo ready
		sleep 1000'
	processes 'bin/nic82599'
}

@test "a guest that is killed under load leaves no process and no file" {
	boot_loaded
	kill -KILL "$(processes 'qemu-system')"
	finish
	[ "$status" -eq 125 ]
	nothing_left
}

@test "Ctrl-C under load leaves no process and no file" {
	boot_loaded
	kill -INT "$vm"
	finish
	[ "$status" -eq 130 ]
	nothing_left
}

# start_model OPTION...: for guests at the sockets a and b, whose cards are wired.
start_model() {
	build/bin/nic82599 --socket "$at/a" --socket "$at/b" --wire "$@" 2>"$at/model" 3>&- &
	model=$!
	for _ in {1..500}; do
		[ ! -S "$at/b" ] || return 0
		sleep 0.01
	done
	cat "$at/model"
	return 1
}

# It has ended well, or does so now.
model_ended() {
	wait "$model"
	model=
	[ ! -e "$at/a" ] && [ ! -e "$at/b" ]
}

@test "two guests on one model reach each other, and it ends with the last of them" {
	start_model
	boot 'ip addr add $here4/24 dev eth0
		ip link set eth0 up
		wait_for "the carrier" has_carrier eth0
		echo ready
		traffic receive 5001 | cmp - <(seq 1000000)' --nic "$at/a" --nics 1
	run guest 'ip addr add $there4/24 dev eth0
		ip link set eth0 up
		wait_for "the other guest" busybox ping -c 1 -W 1 $here4
		seq 1000000 | traffic send $here4 5001' --nic "$at/b" --nics 1
	[ "$status" -eq 0 ]
	finish
	[ "$status" -eq 0 ]
	model_ended
	nothing_left
}

@test "a model that is to stay waits for the next guest" {
	start_model --stay
	for _ in 1 2; do
		run guest 'ip link set eth0 up
			wait_for "the carrier" has_carrier eth0' --nic "$at/a" --nics 1
		[ "$status" -eq 0 ]
	done
	kill "$model"
	model_ended
	nothing_left
}
