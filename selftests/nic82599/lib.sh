# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the scripts of this folder, which run as root in a guest that tools/vm/run has
# given two wired cards: "tools/vm/run --nic 82599 --nics 2 -- SCRIPT". Cases, fail,
# skip and expect_equal are those of selftests/net.

# shellcheck source=selftests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

here4=10.8.0.1
there4=10.8.0.2
here6=fd08::1
there6=fd08::2
export here4 there4 here6 there6

there()
{
	ip netns exec there "$@"
}

# wait_for WHAT CMD...: until CMD succeeds, for a minute at most.
wait_for()
{
	local what=$1 end=$((SECONDS + 60))

	shift
	while [ "$SECONDS" -lt "$end" ]; do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	fail "$what: not within a minute"
}

has_carrier()
{
	[ "$("${@:2}" cat "/sys/class/net/$1/carrier")" = 1 ]
}

# connect_cards: eth0 here, eth1 in the namespace "there"; whatever was before.
connect_cards()
{
	if ! ip netns list | grep -qw there; then
		ip netns add there
		ip link set eth1 netns there
		there ip link set lo up
		sysctl -qw net.ipv6.conf.eth0.accept_dad=0
		there sysctl -qw net.ipv6.conf.eth1.accept_dad=0
	fi
	ip addr replace $here4/24 dev eth0
	there ip addr replace $there4/24 dev eth1
	ip link set eth0 up
	there ip link set eth1 up
	ip -6 addr replace $here6/64 dev eth0 nodad
	there ip -6 addr replace $there6/64 dev eth1 nodad
	wait_for "carrier of eth0" has_carrier eth0
	wait_for "carrier of eth1" has_carrier eth1 there
}

# The ring of frames that were looked up goes first; then all must come.
ping_there()
{
	wait_for "the first answer of $1" busybox ping -c 1 -W 1 "$1"
	busybox ping -c 3 -W 5 "$1" | grep -q ' 3 packets received' ||
		fail "$1 does not answer all of 3 pings"
}

# counter NAME [PREFIX...]: of ethtool -S eth0, or of eth1 with the prefix "there".
counter()
{
	local name=$1 device=eth0

	shift
	[ $# -eq 0 ] || device=eth1
	"$@" ethtool -S $device | awk -v name="$name:" '$1 == name { print $2; found = 1 }
		END { exit !found }'
}

# no_hang: neither driver has thought that its card hangs, nor reset it for that.
no_hang()
{
	local words='NETDEV WATCHDOG|Unit Hang|Reset adapter|Adapter removed'

	! dmesg | grep -E "$words|transmit queue .* timed out" || fail "a card has hung"
	expect_equal "eth0's tx_timeout_count" "$(counter tx_timeout_count)" 0
	expect_equal "eth1's tx_timeout_count" "$(counter tx_timeout_count there)" 0
}

# transfer BYTES HOST RECEIVER SENDER: over TCP; what comes is what was sent. RECEIVER
# and SENDER are "there" or "env".
transfer()
{
	local bytes=$1 host=$2 receiver=$3 sender=$4

	[ -e /tmp/data ] && [ "$(stat -c %s /tmp/data)" = "$bytes" ] ||
		head -c "$bytes" /dev/urandom >/tmp/data
	"$receiver" traffic receive 5001 >/tmp/received &
	wait_for "a listener" "$receiver" bash -c 'ss -tlnH | grep -q :5001'
	"$sender" traffic send "$host" 5001 </tmp/data
	wait $! || fail "the receiver failed"
	cmp /tmp/data /tmp/received || fail "what came is not what was sent"
}

# model I ARGUMENT...: nic82599ctl of the model of eth$I, on the host. tools/vm/run looks
# for the question.
model()
{
	local i

	printf '%s ' "$@" >/run/vm/ask.new
	mv /run/vm/ask.new /run/vm/ask
	for ((i = 0; i < 600; i++)); do
		if [ -e /run/vm/answer ]; then
			cat /run/vm/answer
			rm /run/vm/answer
			return
		fi
		sleep 0.05
	done
	fail "model $*: no answer"
}

# of_model PORT NAME: one number of nic82599ctl's stats.
of_model()
{
	model 0 --port "$1" stats | awk -v name="$2" '$1 == name { print $2 }'
}
