# SPDX-License-Identifier: GPL-2.0-only
#
# Each cheap style gate refuses the mistake that it is there for, in a small tree
# of its own. The dear ones (sparse, clang-tidy, ynl) are not tried here.

bats_require_minimum_version 1.5.0

setup() {
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tools/style kmod/core
	cp "$top"/tools/style/run tools/style/
	cp "$top"/tools/lib.sh tools/
	cp "$top"/.clang-format "$top"/.shellcheckrc .
	git init -q
}

# lines N: a statement as often.
lines() {
	for ((i = 0; i < $1; i++)); do
		printf '\tstep();\n'
	done
}

# passes GATE: the tree is all right.
passes() {
	run tools/style/run "$1"
	[ "$status" -eq 0 ]
	[ "$output" = $'ok 1 - '"$1"$'\n1..1' ]
}

# refuses GATE TEXT: the gate's findings name TEXT, as comments under its result.
refuses() {
	run tools/style/run "$1"
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "not ok 1 - $1" ]
	[[ $output == *"# "*"$2"* ]]
	[ -z "$(sed '1d; $d; /^# /d' <<<"$output")" ]
	[ "${lines[-1]}" = 1..1 ]
}

@test "an unknown gate is named, and nothing runs" {
	run tools/style/run spdx speling
	[ "$status" -eq 2 ]
	[[ $output == "run: speling: no such gate; expected one of "* ]]
	[ ${#lines[@]} -eq 1 ]
}

@test "gates are numbered, and one that fails fails the run" {
	touch kmod/empty.c
	run tools/style/run size spdx core
	[ "$status" -eq 1 ]
	[ "$output" = "ok 1 - size
not ok 2 - spdx
# kmod/empty.c: no SPDX line in the first two
ok 3 - core
1..3" ]
}

@test "what git ignores is not looked at" {
	mkdir build
	touch build/generated.c
	refuses spdx build/generated.c
	echo /build/ >.gitignore
	passes spdx
}

@test "checkpatch: spaces for tabs" {
	printf '%s\n' '// SPDX-License-Identifier: GPL-2.0-only' \
		'int f(void)' '{' $'\treturn 0;' '}' >kmod/a.c
	passes checkpatch
	sed -i 's/\t/        /' kmod/a.c
	refuses checkpatch "kmod/a.c:4: ERROR:CODE_INDENT:"
}

@test "checkpatch remembers what it passed until the file changes" {
	echo '// SPDX-License-Identifier: GPL-2.0-only' >kmod/a.c
	passes checkpatch
	stamp=build/style/checkpatch/kmod/a.c.passed
	inode=$(stat -c %i $stamp)
	passes checkpatch
	[ "$(stat -c %i $stamp)" = "$inode" ]
	echo 'int  f(int a,int b);' >>kmod/a.c
	refuses checkpatch "kmod/a.c:2: "
	refuses checkpatch "kmod/a.c:2: "
}

@test "kernel-doc: a parameter that is not described, or no Return" {
	printf '%s\n' '/**' ' * f() - do something' ' * @a: a number' ' *' \
		' * Return: 0.' ' */' 'int f(int a);' >kmod/a.h
	passes kernel-doc
	sed -i 's/int a);/int a, int b);/' kmod/a.h
	refuses kernel-doc "'b' not described in 'f'"
	sed -i 's/, int b);/);/; /Return/d' kmod/a.h
	refuses kernel-doc "return value of 'f'"
}

@test "clang-format: an indent of four" {
	printf '%s\n' 'int f() {' '  return 0;' '}' >a.cc
	refuses clang-format "a.cc:1:"
	printf '%s\n' 'int f() { return 0; }' >a.cc
	passes clang-format
}

@test "shellcheck: an unquoted variable, in a script by shebang and in a test" {
	printf '%s\n' '#!/bin/bash' '. "$(dirname "$0")/lib.sh"' \
		'echo "$pika_top"' >tools/good
	passes shellcheck
	printf '%s\n' '#!/bin/sh' 'rm $1' >tools/bad
	refuses shellcheck "tools/bad:2:"
	rm tools/bad
	printf '%s\n' '@test "bad" {' $'\t! false' $'\ttrue' '}' >a.bats
	refuses shellcheck "a.bats:2:"
}

@test "size: functions and files" {
	{ echo 'int f(void)'; echo '{'; lines 97; echo '}'; } >kmod/a.c
	{ echo 'int f() {'; lines 68; echo '}'; } >a.cc
	lines 1000 >a.sh
	passes size
	sed -i '3i\	step();' kmod/a.c
	refuses size "kmod/a.c:1: f: 101 lines, more than 100"
	rm kmod/a.c
	sed -i '3i\	step();' a.cc
	refuses size "a.cc:1: f: 71 lines, more than 70"
	rm a.cc
	echo >>a.sh
	refuses size "a.sh: 1001 lines, more than 1000"
}

@test "spdx: none, too late, and of another licence" {
	passes spdx
	printf '%s\n' '#!/usr/bin/python3' '' \
		'# SPDX-License-Identifier: GPL-2.0-only' >script
	refuses spdx "script: no SPDX line"
	sed -i 2d script
	passes spdx
	sed -i 's/GPL-2.0-only/MIT/' script
	refuses spdx "script: licence MIT"
}

@test "core: headers from outside, and words that belong to the kernel" {
	touch kmod/core/env.h kmod/compat.h
	printf '%s\n' '#include "env.h"' '#include "core/env.h"' \
		'/* no mutex, no' ' * double */ // float' \
		'static const char *s = "kmalloc";' \
		'int pika_ts_schedule(int scheduled);' >kmod/core/a.c
	passes core
	for header in '<linux/types.h>' '<string.h>' '"../compat.h"' '"compat.h"'; do
		printf '\n# include %s\n' "$header" >kmod/core/b.h
		refuses core "kmod/core/b.h:2: includes $header from outside"
	done
	rm kmod/core/b.h
	for word in spin_lock_bh mutex kzalloc schedule msleep atomic_inc float; do
		printf '/*\n*/\n\t%s(a);\n' $word >>kmod/core/c.c
	done
	refuses core "kmod/core/c.c:21: float has no place"
	[ "$(grep -c 'no place' <<<"$output")" -eq 7 ]
}
