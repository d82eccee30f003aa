# SPDX-License-Identifier: GPL-2.0-only
#
# What bash completes for the programs, and that their options are all there.

bats_require_minimum_version 1.5.0

setup() {
	top=$BATS_TEST_DIRNAME/../..
	PATH=$top/build/bin:$PATH
	. "$top/userspace/completions/pikactl.bash"
	. "$top/userspace/completions/pika-run.bash"
}

# completed FUNCTION WORD...: what is offered for the last word, in one line.
completed() {
	COMP_WORDS=("${@:2}")
	COMP_CWORD=$(($# - 2))
	COMPREPLY=()
	"$1" || true
	printf '%s\n' "${COMPREPLY[@]}" | paste -sd ' '
}

@test "pikactl: a command is completed" {
	[ "$(completed _pikactl pikactl conn)" = connections ]
	[ "$(completed _pikactl pikactl --json conn)" = connections ]
}

@test "pikactl: each command of --help is offered, and nothing else" {
	# One with two names has a comma between them.
	commands=$(pikactl --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z, ]*[a-z]\)  .*/\1/p' |
		sed 's/, /\n/' | sort)
	[ -n "$commands" ]
	[ "$(completed _pikactl pikactl "" | tr ' ' '\n' | grep -v ^- | sort)" = "$commands" ]
}

@test "pikactl: each command's own options are offered" {
	for command in start stop stats connections; do
		for option in $(pikactl "$command" --help | grep -oE '^  (-h,)?--[a-z-]+' |
			grep -oE -- '--[a-z-]+$'); do
			[ "$option" != --help ] || continue
			[ "$(completed _pikactl pikactl "$command" "$option")" = "$option" ]
		done
	done
}

@test "pikactl: an option of another command is not offered" {
	[ -z "$(completed _pikactl pikactl show --li)" ]
}

@test "pikactl: link is followed by what to do, and that by a device" {
	device=$(find /sys/class/net -mindepth 1 ! -name lo -printf '%f\n' | head -n 1)
	[ "$(completed _pikactl pikactl link "")" = "add del" ]
	[ "$(completed _pikactl pikactl --json link d)" = del ]
	[ -n "$device" ] || skip "no device but lo"
	[[ " $(completed _pikactl pikactl link add "") " == *" $device "* ]]
}

@test "pikactl: a namespace is no command" {
	[ "$(completed _pikactl pikactl -n start st)" = "start stop stats" ]
	[ "$(completed _pikactl pikactl --netns web start --id)" = --idle-us ]
}

@test "pikactl: states are offered, and they exist" {
	for state in $(completed _pikactl pikactl connections --state ""); do
		run pikactl connections --state "$state"
		[ "$status" -ne 2 ]
	done
	[ "$(completed _pikactl pikactl connections --state est)" = established ]
}

@test "pikactl: devices are offered after --link, also after a comma" {
	device=$(find /sys/class/net -mindepth 1 ! -name lo -printf '%f\n' | head -n 1)
	[ -n "$device" ] || skip "no device but lo"
	[[ " $(completed _pikactl pikactl start TS1LS1CM1 --link "") " == *" $device "* ]]
	[[ " $(completed _pikactl pikactl start TS1LS1CM1 --link "x0,") " == *" x0,$device "* ]]
}

@test "pika-run: options, then a program, then files" {
	[ "$(completed _pika_run pika-run --req)" = --require ]
	[[ " $(completed _pika_run pika-run --require bas) " == *" bash "* ]]
	[ "$(cd "$top" && completed _pika_run pika-run cat READ)" = README.md ]
}

@test "all are installed where bash looks for them" {
	make -s -C "$top/userspace" install DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/usr >/dev/null
	for program in pikactl pikad pika-run; do
		cmp "$top/userspace/completions/$program.bash" \
			"$BATS_TEST_TMPDIR/usr/share/bash-completion/completions/$program"
	done
}
