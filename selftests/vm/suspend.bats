# SPDX-License-Identifier: GPL-2.0-only
#
# A host is suspended while PIKA serves: the core of a server goes offline and comes back.
# The guest ends by itself, without a word to tools/vm/run, so its console is looked at.

# suspended KERNEL: what the guest's console says.
suspended() {
	cd "$BATS_TEST_DIRNAME/../.."
	tools/vm/run --kernel "$1" --smp 2 --timeout 150 --append loglevel=7 \
		--keep "$BATS_TEST_TMPDIR" -- selftests/vm/suspend || true
	cat "$BATS_TEST_TMPDIR/console"
}

goes_on() {
	run suspended "$1"
	[[ $output == *"CPU 1 is now offline"*"CPU1 is up"* ]]
	[[ $output == *"suspended in a transfer"*"all was served"*"play ends with 0"* ]]
	[[ ! $output =~ (BUG|WARNING): ]]
}

@test "6.1: connections go on when the host resumes" {
	goes_on 6.1
}

@test "6.12: connections go on when the host resumes" {
	goes_on 6.12
}
