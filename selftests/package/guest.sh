#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The packages, installed in a guest with a plain Debian 12, whose process 1 is systemd:
# at work under the unit with all its hardening, and purged. Each case goes on where the
# one before has left the machine.

. "$(dirname "$0")/../net/lib.sh"

file=/etc/pika/pika.toml

reset_module()
{
	:
}

# eventually COMMAND...: is true after some time; limits are far beyond what is needed.
eventually()
{
	for _ in {1..300}; do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.2
	done
	journalctl -u pikad --no-pager | tail -n 5
	fail "not after 60 s: $*"
}

case__the_module_was_built_for_this_kernel_and_is_loaded()
{
	local built

	built=$(modinfo -F filename pika)
	[[ $built == /lib/modules/$(uname -r)/updates/dkms/pika.ko* ]] || fail "built as $built"
	expect_equal version "$(modinfo -F version pika)" "$(dpkg-query -W -f '${Version}' pika)"
	expect_equal "state of its load" "$(systemctl show -P Result systemd-modules-load)" success
	pikactl show
}

case__nothing_of_the_programs_is_missing()
{
	local page

	for page in pika.7 pika-run.1 pika.toml.5 pikactl.8 pikad.8; do
		[ -e "/usr/share/man/man${page##*.}/$page.gz" ] || fail "no page $page"
	done
	[ -e /usr/share/bash-completion/completions/pikactl ] || fail "no completion"
	pikad --check
	pika-run sh -c 'grep -q pika-run.so /proc/self/maps' || fail "no library"
}

main_pid()
{
	systemctl show -P MainPID pikad
}

status_is()
{
	[[ $(systemctl show -P StatusText pikad) == "$1"* ]]
}

case__the_service_runs_and_says_so()
{
	expect_equal state "$(systemctl show -P ActiveState,SubState pikad | paste -sd ' ')" \
		"active running"
	systemctl is-enabled pikad
	status_is "0 stacks as they should be, 0 waiting, 0 failed" ||
		fail "$(systemctl show -P StatusText pikad)"
	pikad status
}

# stack [NAMESPACE]
stack()
{
	echo '[[stack]]'
	[ -z "${1-}" ] || echo "namespace = \"$1\""
	printf 'composition = "TS1LS1CM1"\nlinks = ["%s"]\nmax-conns = 256\n' "${2-d0}"
}

case__a_file_that_is_written_brings_stacks()
{
	ip link add d0 type dummy
	ip netns add web
	ip -n web link add d1 type dummy
	{ stack; stack web d1; printf '[metrics]\nport = 9464\n'; } >"$file"
	eventually status_is "2 stacks as they should be"
	pikactl show | grep -q "stack TS1LS1CM1 link d0" || fail "none here"
	ip netns exec web pikactl show | grep -q "stack TS1LS1CM1 link d1" || fail "none in web"
	exec 3<>/dev/tcp/127.0.0.1/9464
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
	grep -q 'pika_link_attached{namespace="web",link="d1"} 1' <&3 || fail "no metrics"
}

case__the_journal_has_fields()
{
	local fields

	fields=$(journalctl -u pikad PIKA_NAMESPACE=web PIKA_STEP=start -o json --no-pager)
	[[ $fields == *'"PIKA_COMPOSITION":"TS1LS1CM1"'* ]] || fail "$fields"
	[[ $fields == *'"PRIORITY":"5"'* ]] || fail "$fields"
}

# starts: how many stacks were started since the boot.
starts()
{
	journalctl -u pikad PIKA_STEP=start -o cat --no-pager | grep -c .
}

case__a_reload_reads_the_file()
{
	local pid before

	pid=$(main_pid)
	before=$(starts)
	systemctl reload pikad
	journalctl -u pikad -o cat --no-pager | grep -q "$file: holds now" || fail "not read"
	sed -i 's/max-conns = 256/max-conns = many/' "$file"
	systemctl reload pikad || true
	eventually status_is "2 stacks as they should be, 0 waiting, 0 failed; the file is refused: "
	sed -i 's/max-conns = many/max-conns = 256/' "$file"
	systemctl reload pikad
	eventually status_is "2 stacks as they should be, 0 waiting, 0 failed"
	expect_equal process "$(main_pid)" "$pid"
	expect_equal "stacks that were started" "$(starts)" "$before"
}

other_pid()
{
	[ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && status_is "$2"
}

case__one_that_is_killed_comes_back_and_goes_on()
{
	local pid before

	pid=$(main_pid)
	before=$(starts)
	kill -9 "$pid"
	eventually other_pid "$pid" "2 stacks as they should be"
	expect_equal "stacks that were started" "$(starts)" "$before"
	expect_equal restarts "$(systemctl show -P NRestarts pikad)" 1
}

case__links_namespaces_and_the_module_come_and_go()
{
	ip link del d0
	eventually status_is "1 stacks as they should be, 1 waiting"
	ip link add d0 type dummy
	eventually status_is "2 stacks as they should be"
	ip netns del web
	eventually status_is "1 stacks as they should be, 1 waiting"
	ip netns add web
	ip -n web link add d1 type dummy
	eventually status_is "2 stacks as they should be"
	cp "$file" /tmp/pika.toml
	echo >"$file"
	eventually modprobe -r pika
	cp /tmp/pika.toml "$file"
	eventually status_is "0 stacks as they should be, 2 waiting"
	modprobe pika
	eventually status_is "2 stacks as they should be"
}

case__a_watchdog_is_answered_and_one_that_hangs_is_restarted()
{
	local pid

	mkdir -p /run/systemd/system/pikad.service.d
	printf '[Service]\nWatchdogSec=4\n' >/run/systemd/system/pikad.service.d/watchdog.conf
	systemctl daemon-reload
	systemctl restart pikad
	pid=$(main_pid)
	sleep 12
	expect_equal process "$(main_pid)" "$pid"
	kill -STOP "$pid"
	eventually other_pid "$pid" "2 stacks as they should be"
	rm -r /run/systemd/system/pikad.service.d
	systemctl daemon-reload
}

case__what_is_stopped_leaves_its_stacks()
{
	systemctl stop pikad
	expect_equal state "$(systemctl show -P ActiveState pikad)" inactive
	pikactl show | grep -q "stack TS1LS1CM1 link d0" || fail "no stack here"
	ip netns exec web pikactl show | grep -q "stack TS1LS1CM1 link d1" || fail "none in web"
	systemctl start pikad
	eventually status_is "2 stacks as they should be"
}

# The module's package takes depmod half an hour: selftests/package/run purges it.
case__a_purge_of_the_programs_leaves_nothing()
{
	local path left=()

	systemctl stop pikad
	eventually pikactl stop
	eventually ip netns exec web pikactl stop
	modprobe -r pika
	dpkg -L pika | while read -r path; do
		[ -d "$path" ] || echo "$path"
	done >/tmp/files
	[ "$(wc -l </tmp/files)" -gt 12 ] || fail "no files"
	dpkg --purge pika >/tmp/said 2>&1 || fail "$(tail -n 20 /tmp/said)"
	while read -r path; do
		[ ! -e "$path" ] || left+=("$path")
	done < <(cat /tmp/files; printf '%s\n' /etc/pika /run/pika /usr/lib/pika \
		/etc/systemd/system/multi-user.target.wants/pikad.service)
	expect_equal "what is left" "${left[*]}" ""
	! systemctl cat pikad 2>/dev/null || fail "a unit"
}

run_cases
