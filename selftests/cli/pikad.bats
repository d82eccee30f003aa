# SPDX-License-Identifier: GPL-2.0-only
#
# pikad's manners where nothing is loaded and no daemon runs: usage, what it says of
# files, its unit, its installation.

bats_require_minimum_version 1.5.0

setup() {
	top=$BATS_TEST_DIRNAME/../..
	PATH=$top/build/bin:$PATH
	export RUNTIME_DIRECTORY=$BATS_TEST_TMPDIR/run
}

@test "--help goes to stdout and has examples" {
	run --separate-stderr pikad --help
	[ "$status" -eq 0 ]
	[[ $output == *--dry-run* && $output == *Examples* ]]
	[ -z "$stderr" ]
}

@test "--version" {
	run pikad --version
	[ "$status" -eq 0 ]
	[ "$output" = "pikad $(cat "$top/VERSION")" ]
}

@test "what it does not know is named" {
	for word in --frobnicate stauts; do
		run pikad $word
		[ "$status" -eq 2 ]
		[ "$output" = "pikad: $word: no such command or option; see pikad --help" ]
	done
}

@test "each broken file is refused by --check and --dry-run in the words of its first line" {
	for file in "$top"/selftests/pikad/broken/*.toml; do
		for option in --check --dry-run; do
			run --separate-stderr pikad $option -c "$file"
			[ "$status" -eq 1 ]
			[ "$stderr" = "$file:$(sed -n '1s/^# //p' "$file")" ]
			[ -z "$output" ]
		done
	done
}

@test "a file that is not there" {
	run pikad -c /nowhere
	[ "$status" -eq 1 ]
	[ "$output" = "/nowhere:1: cannot be read (No such file or directory), expected a file of TOML" ]
}

@test "the example of pika.toml(5) is a file" {
	sed -n '/^\.nf/,/^\.fi/p' "$top/Documentation/man/pika.toml.5" |
		sed '1d; $d; s/\\-/-/g' >"$BATS_TEST_TMPDIR/example"
	run pikad --check -c "$BATS_TEST_TMPDIR/example"
	[ "$output" = "$BATS_TEST_TMPDIR/example: 2 stacks" ]
	[ "$status" -eq 0 ]
}

@test "the file that is installed first is one, and asks for nothing" {
	run pikad --check -c "$top/userspace/pikad/pika.toml"
	[ "$status" -eq 0 ]
	[ "$output" = "$top/userspace/pikad/pika.toml: 0 stacks" ]
	# Without its hashes it is an example.
	sed -n '/^# \[\[/,$s/^# //p' "$top/userspace/pikad/pika.toml" >"$BATS_TEST_TMPDIR/example"
	run pikad --check -c "$BATS_TEST_TMPDIR/example"
	[ "$output" = "$BATS_TEST_TMPDIR/example: 1 stacks" ]
}

@test "each key that a broken file's refusal names is in pika.toml(5), and the other way round" {
	named=$(sed -n '1s/.*expected one of //p' "$top/selftests/pikad/broken/unknown-key.toml" |
		tr -d ' ' | tr ',' '\n' | sort)
	documented=$(sed 's/\\-/-/g' "$top/Documentation/man/pika.toml.5" |
		sed -n 's/^\.BR \([a-z-]*\) " = .*/\1/p' | sort)
	[ "$named" = "$(sed '/^port$/d' <<<"$documented")" ]
}

@test "what is a drop to the metrics is one to the documentation" {
	documented=$(sed -n 's/^``\([a-z]*\.[a-z_]*\)``  .*/\1/p' "$top/Documentation/drops.rst" |
		sort -u)
	[ -n "$documented" ]
	[ "$(grep -oE "\"[a-z]+\.[a-z_]+\"" "$top/userspace/pikad/drops.cc" | tr -d "\"" | sort)" = "$documented" ]
}

@test "status without a daemon" {
	run pikad status
	[ "$status" -eq 1 ]
	[ "$output" = "pikad: no pikad runs; start one with 'systemctl start pikad'" ]
}

@test "--check prints what cannot be written as a failure" {
	: >"$BATS_TEST_TMPDIR/empty"
	run bash -c "pikad --check -c '$BATS_TEST_TMPDIR/empty' >/dev/full"
	[ "$status" -eq 1 ]
	[ "$output" = "pikad: standard output: No space left on device" ]
}

installed() {
	find "$BATS_TEST_TMPDIR/root" ! -type d -printf '%P\n' | sort
}

@test "what is installed is uninstalled, and nothing else" {
	mkdir -p "$BATS_TEST_TMPDIR/root/usr/sbin"
	: >"$BATS_TEST_TMPDIR/root/usr/sbin/other"
	for goal in install uninstall; do
		make -s -C "$top/userspace" $goal DESTDIR="$BATS_TEST_TMPDIR/root" PREFIX=/usr
		[ $goal = uninstall ] || [ "$(installed | wc -l)" -eq 14 ]
	done
	[ "$(installed)" = usr/sbin/other ]
}

@test "the unit is in order and exposes little" {
	make -s -C "$top/userspace" install DESTDIR="$BATS_TEST_TMPDIR/root" PREFIX=/usr
	unit=$BATS_TEST_TMPDIR/root/usr/lib/systemd/system/pikad.service
	# It is verified where its program is.
	sed -i "s|/usr/sbin/pikad|$BATS_TEST_TMPDIR/root&|" "$unit"
	run systemd-analyze verify --man=no --recursive-errors=no "$unit"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run systemd-analyze security --offline=true --threshold=30 "$unit"
	[ "$status" -eq 0 ]
}

@test "bash completes every option of --help" {
	. "$top/userspace/completions/pikad.bash"
	for option in $(pikad --help | grep -oE -- '--[a-z-]+' | sort -u); do
		[ "$option" != --json ] || continue
		COMP_WORDS=(pikad "$option") COMP_CWORD=1 COMPREPLY=()
		_pikad
		[ "${COMPREPLY[*]}" = "$option" ]
	done
	COMP_WORDS=(pikad status --j) COMP_CWORD=2
	_pikad
	[ "${COMPREPLY[*]}" = --json ]
}
