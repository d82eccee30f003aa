# SPDX-License-Identifier: GPL-2.0-only
#
# tools/vm/run itself: exit status, output, and that a guest in trouble
# fails the run. Each case boots a guest of its own.

bats_require_minimum_version 1.5.0

setup_file() {
	faults=$("$BATS_TEST_DIRNAME/../../tools/kbuild" --module selftests/vm/faults 6.1)
	export faults
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
	vm=tools/vm/run
}

@test "the command's exit status is the run's own; outputs are kept apart" {
	run --separate-stderr "$vm" -- bash -c 'echo out; echo err >&2; nproc; pwd; exit 7'
	[ "$status" -eq 7 ]
	[ "$output" = $'out\n2\n'"$PWD" ]
	[ "$stderr" = err ]
}

@test "false exits 1, and a missing command 127" {
	run "$vm" -- false
	[ "$status" -eq 1 ]
	run -127 "$vm" --kernel 6.12 -- no-such-command
}

@test "what the guest writes does not reach the host, and arguments arrive whole" {
	run "$vm" --smp 1 --mem 512 --nics 2 -- bash -c \
		'echo x >README.md; echo "$1|$2"; test -e "$PIKA_KO" && nproc; ls /sys/class/net' - 'a b' '"$c"'
	[ "$status" -eq 0 ]
	[ "$output" = $'a b|"$c"\n1\neth0\neth1\nlo' ]
	git diff --quiet README.md 2>/dev/null || ! grep -qx x README.md
}

@test "a kernel that is newer than pika.ko has it built again" {
	local real=${PIKA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pika}
	local cache=$BATS_TEST_TMPDIR/cache ko
	ko=$(tools/kbuild 6.1)
	mkdir -p "$cache/kernels/6.1"
	ln -s "$real/trixie" "$cache/"
	ln -s "$real"/kernels/6.1/* "$cache/kernels/6.1/"
	rm "$cache/kernels/6.1/key"
	cp "$real/kernels/6.1/key" "$cache/kernels/6.1/key"
	[ "$cache/kernels/6.1/key" -nt "$ko" ]
	PIKA_CACHE=$cache "$vm" -- true
	[ "$ko" -nt "$cache/kernels/6.1/key" ]
}

@test "output is streamed while the command runs, and Ctrl-C leaves nothing" {
	# A background job of this shell would be deaf to SIGINT.
	TMPDIR=$BATS_TEST_TMPDIR env --default-signal=INT \
		"$vm" --timeout $((100000 + $$)) -- bash -c 'echo begun; sleep 1000' \
		>"$BATS_TEST_TMPDIR/output" 2>&1 3>&- &
	run=$!
	for _ in {1..300}; do
		! grep -q begun "$BATS_TEST_TMPDIR/output" || break
		sleep 0.1
	done
	grep -q begun "$BATS_TEST_TMPDIR/output"
	pgrep -f "qemu.*$BATS_TEST_TMPDIR/pika-vm"
	kill -INT $run
	status=0
	wait $run || status=$?
	[ "$status" -eq 130 ]
	run ! pgrep -f "$BATS_TEST_TMPDIR/pika-vm"
	run ! pgrep -f "sleep $((100000 + $$))"
	! ls -d "$BATS_TEST_TMPDIR"/pika-vm.*
}

@test "a time-out ends the guest in time with 124" {
	start=$SECONDS
	run "$vm" --timeout 5 -- sleep 100
	[ "$status" -eq 124 ]
	[[ $output == *"timed out after 5 s"* ]]
	[ $((SECONDS - start)) -le 10 ]
}

@test "a panic fails the run and is shown" {
	run "$vm" -- sh -c 'echo c >/proc/sysrq-trigger'
	[ "$status" -eq 125 ]
	[[ $output == *"Kernel panic"* ]]
	[[ $output == *"the guest ended before the command did"* ]]
}

@test "a kernel warning fails a run whose command succeeded" {
	run "$vm" -- insmod "$faults" fault=warning
	[ "$status" -eq 125 ]
	[[ $output == *"deliberate warning"* ]]
	[[ $output == *"the command's exit status was 0"* ]]
}

@test "what the command clears from the log still counts" {
	run $vm -- sh -c 'insmod "$1" fault=warning; dmesg --clear' - "$faults"
	[ "$status" -eq 125 ]
	[[ $output == *"deliberate warning"* ]]
}

@test "a reader that goes away ends the run" {
	start=$SECONDS
	run bash -c "set -o pipefail; $vm -- yes | head -n 1"
	[ "$status" -eq 141 ]
	[ "$output" = y ]
	[ $((SECONDS - start)) -le 60 ]
}

@test "two runs at once do not disturb each other" {
	"$vm" --kernel 6.1 -- sh -c 'sleep 1; uname -r' >"$BATS_TEST_TMPDIR/a" 3>&- &
	a=$!
	"$vm" --kernel 6.12 -- sh -c 'sleep 1; uname -r' >"$BATS_TEST_TMPDIR/b" 3>&- &
	b=$!
	wait $a
	wait $b
	[[ $(cat "$BATS_TEST_TMPDIR/a") == 6.1.* ]]
	[[ $(cat "$BATS_TEST_TMPDIR/b") == 6.12.* ]]
}

@test "with --icount the same loop takes the same guest time" {
	run "$vm" --icount -- perl -MTime::HiRes=time -e '
		for (1..5) { $t = time; for ($i = 0; $i < 50000; $i++) {} push @t, time - $t }
		@t = sort { $a <=> $b } @t;
		printf "%d %s\n", `nproc`, $t[3] / $t[0] < 1.01 ? "same" : "@t"'
	[ "$status" -eq 0 ]
	[ "$output" = "1 same" ]
}

@test "wrong usage is one line and exit 2" {
	run $vm
	[ "$status" -eq 2 ]
	[ "${#lines[@]}" -eq 1 ]
	run "$vm" --smp many -- true
	[ "$status" -eq 2 ]
	[ "$output" = "run: --smp many: expected a whole number, at least 1" ]
	run "$vm" --frobnicate 1 -- true
	[ "$status" -eq 2 ]
	[ "$output" = "run: --frobnicate: no such option; see --help" ]
	run "$vm" --nic 82576 -- true
	[ "$status" -eq 2 ]
	[ "$output" = "run: --nic 82576: expected virtio, 82599[:queues=N] or a socket's path" ]
	run "$vm" --nic 82599:queues=0 -- true
	[ "$status" -eq 2 ]
	run "$vm" --nic "$BATS_TEST_TMPDIR/none" -- true
	[ "$status" -eq 2 ]
	[ "$output" = "run: --nic $BATS_TEST_TMPDIR/none: no socket is there" ]
	run "$vm" --nic 82599 --kernel debug -- true
	[ "$status" -eq 2 ]
	run "$vm" --model '--loss 0.1' -- true
	[ "$status" -eq 2 ]
	[ "$output" = "run: --model: only --nic 82599 has one" ]
	run "$vm" --nic 82599 --model '--frobnicate 1' -- true
	[ "$status" -eq 1 ]
	[ "$output" = "run: the model of card 0 does not start: nic82599: --frobnicate: no such \
command or option; see nic82599 --help" ]
	run "$vm" --leaks -- true
	[ "$status" -eq 2 ]
	run "$vm" --kernel 5.4 -- true
	[ "$status" -eq 1 ]
	[[ $output == *"run tools/setup"* ]]
}
