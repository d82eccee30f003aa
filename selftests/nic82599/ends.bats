# SPDX-License-Identifier: GPL-2.0-only
#
# How a guest and the model of its cards end: in any order, and nothing is left. Each
# case boots a guest with two cards.

bats_require_minimum_version 1.5.0

# What a guest needs is built before a case's time begins.
setup_file() {
	make -s -C "$BATS_TEST_DIRNAME"
	cd "$BATS_TEST_DIRNAME/../.."
	tools/vm/run --nic 82599 --nics 2 -- true
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
	vm=
}

teardown() {
	[ -z "$vm" ] || kill "$vm" 2>/dev/null || true
}

# boot COMMAND: in a guest with two cards, whose half of the work goes on when its output
# has the word "ready".
boot() {
	# A background job of this shell would be deaf to SIGINT.
	TMPDIR=$BATS_TEST_TMPDIR env --default-signal=INT tools/vm/run --timeout 280 \
		--nic 82599 --nics 2 -- bash -c ". selftests/nic82599/lib.sh
			$1" bash >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	vm=$!
	for _ in {1..2400}; do
		! grep -q ready "$BATS_TEST_TMPDIR/out" || return 0
		kill -0 "$vm" || break
		sleep 0.1
	done
	said
	return 1
}

said() {
	cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
}

# processes PROGRAM [OPTION...]: of this run: each has the run's folder in its arguments.
processes() {
	pgrep "${@:2}" -f "$1.*$BATS_TEST_TMPDIR/pika-vm"
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
	! ls -d "$BATS_TEST_TMPDIR"/pika-vm.*
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
	grep -q 'lives on' "$BATS_TEST_TMPDIR/out"
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
