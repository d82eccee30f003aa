#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A link need not be Ethernet's: the stack's device is a tap or a tun, which has no
# header and no neighbours, and a program carries its frames to another one.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

# wire tap|tun: makes both devices in srv, and lives as long as they.
wire='
import fcntl, os, select, struct, sys
flags = 0x1000 | {"tun": 1, "tap": 2}[sys.argv[1]]
ends = []
for name in b"near", b"far":
    ends.append(os.open("/dev/net/tun", os.O_RDWR))
    fcntl.ioctl(ends[-1], 0x400454ca, struct.pack("16sH", name, flags))
print("listening", flush=True)
while True:
    for end in select.select(ends, [], [])[0]:
        try:
            os.write(ends[end == ends[0]], os.read(end, 65536))
        except OSError:
            pass
'

# over KIND: an echo, many bytes, and a connection that a program makes.
over()
{
	modprobe tun 2>/dev/null || [ -e /dev/net/tun ] || skip "no tun here"
	ip netns add srv
	ip netns add cli
	serve srv python3 -c "$wire" "$1"
	ip -n srv link set far netns cli
	ip -n srv addr add 10.9.0.1/24 dev near
	ip -n srv link set near up
	ip -n cli addr add 10.9.0.2/24 dev far
	ip -n cli link set far up
	load
	srv pikactl start TS1LS1CM1 --link near --max-conns 256
	carrier=$server
	serve srv streams --pika epoll 80 12
	cli streams again 10.9.0.1 80 10 100
	cli streams ask 10.9.0.1 80 2 500000
	wait "$server"
	serve cli streams serve 7000 1
	srv streams --pika ask 10.9.0.2 7000 1 100000
	wait "$server"
	opened 12 1
	srv pikactl stop
	kill "$carrier"
	wait "$carrier" || true
	unload
}

case__a_tap_serves_and_connects()
{
	over tap
}

case__a_tun_serves_and_connects()
{
	over tun
}

run_cases
