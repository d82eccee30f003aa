# SPDX-License-Identifier: GPL-2.0-only
#
# pika-run where no module is loaded: what it starts, with which status, and what its
# library asks for. A spy that is loaded behind the library sees that, and answers.

bats_require_minimum_version 1.5.0

setup_file() {
	local top=$BATS_TEST_DIRNAME/../..
	export SPY=$BATS_FILE_TMPDIR/spy.so
	g++ -std=c++20 -Wall -Wextra -Werror -shared -fPIC -I"$top" -o "$SPY" \
		"$BATS_TEST_DIRNAME/socket_spy.cc"
}

setup() {
	PATH=$BATS_TEST_DIRNAME/../../build/bin:$PATH
	export SPY_LOG=$BATS_TEST_TMPDIR/asked
	: >"$SPY_LOG"
}

# asks PYTHON: what reaches libc when a program runs PYTHON, whose sockets are made by
# s(DOMAIN, TYPE, PROTOCOL); output is the program's.
asks() {
	run env LD_PRELOAD="$SPY" pika-run python3 -c "
import socket, os
from socket import *
def s(domain, type, protocol):
    return socket(domain, type, protocol)
$1"
	[ "$status" -eq 0 ]
}

# asked LINE...: in this order, and nothing else.
asked() {
	diff "$SPY_LOG" <(printf '%s\n' "$@")
}

@test "TCP becomes PIKA, whichever way it is asked for" {
	asks 's(AF_INET, SOCK_STREAM, 0); s(AF_INET, SOCK_STREAM, IPPROTO_TCP)
s(AF_INET6, SOCK_STREAM, 0)'
	# SOCK_CLOEXEC is Python's own.
	asked "2 0x80001 253" "2 0x80001 253" "10 0x80001 253"
}

@test "flags stay" {
	asks 's(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)'
	asked "2 0x80801 253"
}

@test "what is not TCP is left alone" {
	asks 's(AF_INET, SOCK_DGRAM, 0); s(AF_UNIX, SOCK_STREAM, 0)
s(AF_NETLINK, SOCK_RAW, 0); s(AF_INET, SOCK_STREAM, 253)'
	asked "2 0x80002 0" "1 0x80001 0" "16 0x80003 0" "2 0x80001 253"
}

@test "where there is no PIKA there is TCP, as it was asked for" {
	# EPROTONOSUPPORT, EAFNOSUPPORT
	for refusal in 93 97; do
		: >"$SPY_LOG"
		SPY_REFUSAL=$refusal asks 's(AF_INET6, SOCK_STREAM, IPPROTO_TCP).listen(1); print("listens")'
		[ "$output" = listens ]
		asked "10 0x80001 253" "10 0x80001 6"
	done
}

@test "another refusal is the program's to see" {
	# EMFILE
	SPY_REFUSAL=24 asks '
try:
    s(AF_INET, SOCK_STREAM, 0)
except OSError as error:
    print(os.strerror(error.errno))'
	[ "$output" = "Too many open files" ]
	asked "2 0x80001 253"
}

@test "what the program starts inherits it" {
	asks 'os.system("python3 -c \"import socket; socket.socket()\"")'
	asked "2 0x80001 253"
}

@test "without the module TCP works as ever" {
	[ ! -e /sys/module/pika ] || skip "it is loaded"
	run pika-run python3 -c "
from socket import *
print(socket().getsockopt(SOL_SOCKET, 38))"
	[ "$output" = 6 ]
}

@test "arguments and the exit status are the command's" {
	run pika-run sh -c 'echo "$1|$2"; exit 7' sh --require ' a b '
	[ "$status" -eq 7 ]
	[ "$output" = "--require| a b " ]
	run pika-run -- sh -c 'kill -TERM $$'
	[ "$status" -eq 143 ]
}

@test "a command that is not found, or cannot be executed" {
	run -127 pika-run no-such-command
	[ "$status" -eq 127 ]
	[ "$output" = "pika-run: no-such-command: not found" ]
	run pika-run /etc/passwd
	[ "$status" -eq 126 ]
	[ "$output" = "pika-run: /etc/passwd: cannot be executed: Permission denied" ]
}

@test "wrong usage" {
	run pika-run
	[ "$status" -eq 2 ]
	[ "$output" = "pika-run: no command; see pika-run --help" ]
	run pika-run --frobnicate true
	[ "$status" -eq 2 ]
	[ "$output" = "pika-run: --frobnicate: no such option; see pika-run --help" ]
	run pika-run --
	[ "$status" -eq 2 ]
}

@test "--help and --version" {
	run --separate-stderr pika-run --help
	[ "$status" -eq 0 ]
	[[ $output == *--require*127*Static* ]]
	[ -z "$stderr" ]
	run pika-run --version
	[ "$output" = "pika-run $(cat "$BATS_TEST_DIRNAME/../../VERSION")" ]
	run bash -c 'pika-run --help >/dev/full'
	[ "$status" -eq 125 ]
}

@test "--require fails where there is no stack" {
	[ ! -e /sys/module/pika ] || skip "it is loaded"
	run pika-run --require echo started
	[ "$status" -eq 125 ]
	[ "$output" = "pika-run: a PIKA socket: Protocol not supported; load pika.ko, run 'pikactl start', be root" ]
}

@test "it finds its library from any directory, and through a link" {
	cd /
	ln -s "$(command -v pika-run)" "$BATS_TEST_TMPDIR/other-name"
	LD_PRELOAD=$SPY "$BATS_TEST_TMPDIR/other-name" python3 -c 'import socket; socket.socket()'
	asked "2 0x80001 253"
}

@test "without its library it says so and starts nothing" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cp "$(command -v pika-run)" "$BATS_TEST_TMPDIR/bin/"
	run "$BATS_TEST_TMPDIR/bin/pika-run" echo started
	[ "$status" -eq 125 ]
	[[ $output == "pika-run: "*"/lib/pika/pika-run.so: No such file or directory" ]]
	[ ${#lines[@]} -eq 1 ]
}

@test "a path that the loader cannot be told is refused" {
	local away="$BATS_TEST_TMPDIR/a b"
	mkdir -p "$away/bin" "$away/lib/pika"
	cp "$(command -v pika-run)" "$away/bin/"
	touch "$away/lib/pika/pika-run.so"
	run "$away/bin/pika-run" echo started
	[ "$status" -eq 125 ]
	[[ $output == "pika-run: "*"a space or a colon in the path, which LD_PRELOAD forbids" ]]
}

@test "the library needs nothing but libc" {
	run bash -c "readelf -d '$BATS_TEST_DIRNAME/../../build/lib/pika/pika-run.so' | grep NEEDED"
	[ ${#lines[@]} -eq 1 ]
	[[ $output == *libc.so.6* ]]
}

@test "make install: what is installed works from there" {
	make -s -C "$BATS_TEST_DIRNAME/../../userspace" install DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/usr
	[ -x "$BATS_TEST_TMPDIR/usr/sbin/pikactl" ]
	[ -e "$BATS_TEST_TMPDIR/usr/share/man/man1/pika-run.1" ]
	LD_PRELOAD=$SPY "$BATS_TEST_TMPDIR/usr/bin/pika-run" python3 -c 'import socket; socket.socket()'
	asked "2 0x80001 253"
}
