# SPDX-License-Identifier: GPL-2.0-only
#
# The debug kernel finds what it is there to find. Each case boots a guest.

setup_file() {
	faults=$("$BATS_TEST_DIRNAME/../../tools/kbuild" --module selftests/vm/faults debug)
	export faults
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
	vm="tools/vm/run --kernel debug"
}

# finds FAULT TEXT: loading the module with that fault fails the run with TEXT.
finds() {
	run $vm --timeout 200 -- insmod "$faults" "fault=$1"
	[ "$status" -eq 125 ]
	[[ $output == *"$2"* ]]
}

@test "it has two CPUs" {
	run $vm --smp 2 -- nproc
	[ "$status" -eq 0 ]
	[ "$output" = 2 ]
}

@test "a module without a fault passes, leaks included" {
	run $vm --leaks -- insmod "$faults"
	[ "$status" -eq 0 ]
}

@test "KASAN reports a write out of bounds" {
	finds out-of-bounds "BUG: KASAN: slab-out-of-bounds in out_of_bounds"
}

@test "lockdep reports a lock inversion" {
	finds inversion "WARNING: possible circular locking dependency detected"
}

@test "the watchdog reports a CPU that does not schedule" {
	run $vm --timeout 60 -- insmod "$faults" fault=lockup
	[ "$status" -eq 124 ]
	[[ $output == *"soft lockup"* || $output == *"detected stalls"* ]]
}

@test "kmemleak reports a leak" {
	run $vm --leaks -- insmod "$faults" fault=leak
	[ "$status" -eq 125 ]
	[[ $output == *"kmemleak: 1 objects leaked"* && $output == *"leak+0x"* ]]
}
