#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What Linux says of where connections go, before any firewall: IPsec's policies, rules
# for marks, BPF programs of a cgroup, neighbours that do not answer.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# forbid DIRECTION NEAR FAR [SELECTOR...]: TCP from NEAR to FAR.
forbid()
{
	ip -n srv xfrm policy add dir "$1" src "$2" dst "$3" proto tcp "${@:4}" \
		action block
}

allow_all()
{
	ip -n srv xfrm policy flush
}

# needs_ipsec: not every kernel has it.
needs_ipsec()
{
	ip xfrm policy show >/dev/null 2>&1 || skip "this kernel has no IPsec"
}

# The same as without PIKA. More arguments: "LEVEL OPTION VALUE" of setsockopt().
program='
import socket, sys, time
host, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
for option in sys.argv[3:]:
    s.setsockopt(*map(int, option.split()))
s.settimeout(20)
begin = time.monotonic()
try:
    s.connect((host, port))
    s.sendall(b"x")
    print(s.recv(1))
except OSError as e:
    print(e.errno, round(time.monotonic() - begin) // 2)'

by_pika()
{
	srv pika-run --require timeout 30 python3 -c "$program" "$@"
}

like_without()
{
	expect_equal "$*" "$(by_pika "$@")" "$(srv timeout 30 python3 -c "$program" "$@")"
}

# expect_opens ACTIVE PASSIVE: connections of PIKA's so far.
expect_opens()
{
	look
	expect_equal "active opens" "$(counter ts.active_opens)" "$1"
	expect_equal "passive opens" "$(counter ts.passive_opens)" "$2"
}

case__a_policy_keeps_connections_from_going_out()
{
	needs_ipsec
	start TS1LS1CM1 "$@"
	serve cli streams --v6 serve 7000 20
	forbid out 10.9.0.1 10.9.0.2 dport 7000
	forbid out fd09::1 fd09::2 dport 7000
	like_without 10.9.0.2 7000
	like_without fd09::2 7000
	expect_opens 0 0
	allow_all
	# Of another port.
	forbid out 10.9.0.1 10.9.0.2 dport 7001
	forbid out fd09::1 fd09::2 dport 7001
	like_without 10.9.0.2 7000
	like_without fd09::2 7000
	expect_opens 2 0
}

case__a_policy_keeps_connections_from_going_out_without_a_firewall()
{
	case__a_policy_keeps_connections_from_going_out --firewall none
}

case__a_policy_keeps_connections_from_coming_in()
{
	needs_ipsec
	start TS1LS1CM1 "$@"
	serve srv streams --pika --v6 serve 80 2
	forbid in 10.9.0.2 10.9.0.1 dport 80
	forbid in fd09::2 fd09::1 dport 80
	! cli timeout 3 streams ask 10.9.0.1 80 1 10 || fail "IPv4 connected"
	! cli timeout 3 streams ask fd09::1 80 1 10 || fail "IPv6 connected"
	expect_opens 0 0
	allow_all
	# Of another port.
	forbid in 10.9.0.2 10.9.0.1 dport 81
	forbid in fd09::2 fd09::1 dport 81
	cli streams ask 10.9.0.1 80 1 100000
	cli streams ask fd09::1 80 1 100000
	wait "$server"
	expect_opens 0 2
}

case__a_policy_keeps_connections_from_coming_in_without_a_firewall()
{
	case__a_policy_keeps_connections_from_coming_in --firewall none
}

# stalls DIRECTION: a connection, as long as there is a policy.
stalls()
{
	local near near6 far far6

	needs_ipsec
	start TS1LS1CM1
	near=10.9.0.1 near6=fd09::1 far=10.9.0.2 far6=fd09::2
	[ "$1" = out ] || { near=10.9.0.2 near6=fd09::2 far=10.9.0.1 far6=fd09::1; }
	serve srv streams --pika --v6 epoll 80 2
	rm -f /tmp/go /tmp/heard
	mkfifo /tmp/go /tmp/heard
	exec 5<>/tmp/go 6<>/tmp/heard
	cli python3 -c '
import socket
go, heard = open("/tmp/go"), open("/tmp/heard", "w")
peers = [socket.create_connection((a, 80)) for a in ("10.9.0.1", "fd09::1")]
for seconds, most in (20, 1), (3, 1), (40, 2):
    go.readline()
    count = 0
    for peer in peers:
        peer.settimeout(seconds)
        peer.sendall(b"x")
        try:
            for _ in range(most):
                count += len(peer.recv(1))
        except TimeoutError:
            pass
    print(count, file=heard, flush=True)' &
	client=$!
	echo >&5
	read -r -t 60 heard <&6
	expect_equal "answers before" "$heard" 2
	forbid "$1" "$near" "$far"
	forbid "$1" "$near6" "$far6"
	echo >&5
	read -r -t 60 heard <&6
	expect_equal "answers meanwhile" "$heard" 0
	allow_all
	echo >&5
	read -r -t 90 heard <&6
	expect_equal "answers afterwards" "$heard" 4
	wait "$client" "$server"
	expect_opens 0 2
}

case__a_policy_for_what_goes_out_stalls_a_connection()
{
	stalls out
}

case__a_policy_for_what_comes_in_stalls_a_connection()
{
	stalls in
}

# secure NAMESPACE: what goes between the two, without policies.
secure()
{
	local key='0x0102030405060708090a0b0c0d0e0f1011121314'

	ip -n "$1" -batch - <<-END
	xfrm state add src 10.9.0.1 dst 10.9.0.2 proto esp spi 1 mode transport aead rfc4106(gcm(aes)) $key 128
	xfrm state add src 10.9.0.2 dst 10.9.0.1 proto esp spi 2 mode transport aead rfc4106(gcm(aes)) $key 128
	xfrm state add src fd09::1 dst fd09::2 proto esp spi 3 mode transport aead rfc4106(gcm(aes)) $key 128
	xfrm state add src fd09::2 dst fd09::1 proto esp spi 4 mode transport aead rfc4106(gcm(aes)) $key 128
	END
}

# encrypt NAMESPACE DIRECTION NEAR FAR
encrypt()
{
	ip -n "$1" xfrm policy add dir "$2" src "$3" dst "$4" proto tcp \
		tmpl proto esp mode transport
}

# goes_by_linux: a connection each way of each family.
goes_by_linux()
{
	serve srv streams --pika --v6 serve 80 2
	cli timeout 20 streams ask 10.9.0.1 80 1 10000
	cli timeout 20 streams ask fd09::1 80 1 10000
	wait "$server"
	serve cli streams --v6 serve 7000 2
	srv timeout 20 streams --pika ask 10.9.0.2 7000 1 10000
	srv timeout 20 streams --pika ask fd09::2 7000 1 10000
	wait "$server"
	expect_opens 0 0
}

case__what_is_to_be_encrypted_is_linux()
{
	needs_ipsec
	start TS1LS1CM1
	secure srv && secure cli || skip "this kernel has no ESP"
	encrypt srv out 10.9.0.1 10.9.0.2
	encrypt srv out fd09::1 fd09::2
	# The answers only.
	goes_by_linux
	encrypt srv in 10.9.0.2 10.9.0.1
	encrypt srv in fd09::2 fd09::1
	encrypt cli out 10.9.0.2 10.9.0.1
	encrypt cli out fd09::2 fd09::1
	goes_by_linux
	stop
}

# Where only a table of its own leads.
far_away()
{
	start TS1LS1CM1 --allow all
	ip -n cli -batch - <<-END
	link set lo up
	addr add 10.7.0.1/32 dev lo
	addr add fd07::1/128 dev lo
	END
	ip -n srv -batch - <<-END
	route add 10.7.0.1 via 10.9.0.2 table 100
	route add fd07::1 via fd09::2 table 100
	END
	serve cli streams --v6 serve 7000 20
}

# rule SELECTOR...: for table 100.
rule()
{
	ip -n srv rule add "$@" table 100 && ip -n srv -6 rule add "$@" table 100 ||
		skip "this kernel has no policy routing"
}

case__a_mark_leads_where_a_rule_says()
{
	far_away
	rule fwmark 7
	like_without 10.7.0.1 7000
	like_without fd07::1 7000
	expect_opens 0 0
	# SO_MARK
	expect_equal "IPv4" "$(by_pika 10.7.0.1 7000 "1 36 7")" "b'x'"
	expect_equal "IPv6" "$(by_pika fd07::1 7000 "1 36 7")" "b'x'"
	expect_opens 0 0
	# The rule says nothing new of these.
	expect_equal "IPv4" "$(by_pika 10.9.0.2 7000 "1 36 7")" "b'x'"
	expect_equal "IPv6" "$(by_pika fd09::2 7000 "1 36 7")" "b'x'"
	expect_opens 2 0
}

case__a_user_goes_where_a_rule_says()
{
	far_away
	rule uidrange 1000-1000
	expect_equal "IPv4" "$(srv setpriv --reuid 1000 pika-run --require python3 -c \
		"$program" 10.7.0.1 7000)" "b'x'"
	expect_equal "IPv6" "$(srv setpriv --reuid 1000 pika-run --require python3 -c \
		"$program" fd07::1 7000)" "b'x'"
	expect_opens 0 0
}

case__frames_follow_their_tos()
{
	far_away
	ip -n srv rule add tos 0x10 table 100 || skip "this kernel has no policy routing"
	like_without 10.7.0.1 7000
	# IP_TOS
	expect_equal "IPv4" "$(by_pika 10.7.0.1 7000 "0 1 16")" "b'x'"
	expect_opens 1 0
}

# The same error after the same time, of servers.
nobody_answers()
{
	start TS1LS1CM1 "$@"
	like_without 10.9.0.77 80
	like_without fd09::77 80
	look
	expect_equal "connects by PIKA that failed" "$(counter ts.connect_failed)" 2
}

case__a_neighbour_that_does_not_answer_is_no_host()
{
	nobody_answers
}

case__a_neighbour_that_does_not_answer_is_no_host_without_a_firewall()
{
	nobody_answers --firewall none
}

# judge yes|no connect|bind: in a cgroup of its own.
judge()
{
	[ ! -e /sys/fs/cgroup/judged ] || rmdir /sys/fs/cgroup/judged
	mkdir /sys/fs/cgroup/judged
	cgroup_says "$1" /sys/fs/cgroup/judged "$2"
}

# judged COMMAND...: there, which a namespace's /sys does not show.
judged()
{
	(echo "$BASHPID" >/sys/fs/cgroup/judged/cgroup.procs && exec ip netns exec srv "$@")
}

# connects WANTED: what a judged program hears.
connects()
{
	local host

	for host in 10.9.0.2 fd09::2; do
		expect_equal "$host" "$(judged pika-run --require python3 -c "$program" \
			"$host" 7000)" "$1"
	done
}

case__a_program_of_the_cgroup_forbids_connect()
{
	start TS1LS1CM1
	serve cli streams --v6 serve 7000 20
	judge no connect
	# EPERM, at once.
	connects "1 0"
	judge yes connect
	connects "b'x'"
	expect_opens 0 0
	# It is not this cgroup's.
	expect_equal "IPv4" "$(by_pika 10.9.0.2 7000)" "b'x'"
	expect_equal "IPv6" "$(by_pika fd09::2 7000)" "b'x'"
	expect_opens 2 0
}

case__a_program_of_the_cgroup_forbids_bind()
{
	local v said

	start TS1LS1CM1
	judge no bind
	for v in "" --v6; do
		# shellcheck disable=SC2086 # none or one
		said=$(judged timeout 20 streams --pika $v serve 80 1 2>&1) || true
		expect_equal "server $v" "$said" "streams: bind: Operation not permitted"
	done
	judge yes bind
	echo "$BASHPID" >/sys/fs/cgroup/judged/cgroup.procs
	serve srv streams --pika --v6 serve 80 1
	cli streams ask 10.9.0.1 80 1 10
	wait "$server"
	expect_opens 0 1
}

run_cases
