# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What bash completes for pikactl: its commands and options, and the machine's devices.

_pikactl_devices()
{
	local device given=${1%,*}

	[ "$given" = "$1" ] && given= || given+=,
	for device in /sys/class/net/*; do
		[ "${device##*/}" = lo ] || echo "$given${device##*/}"
	done
}

# The command on the line, if there is one yet.
_pikactl_command()
{
	local word before=

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $before in
		-n | --netns) before=; continue ;;
		esac
		before=$word
		case $word in
		-* | link) ;;
		*) echo "$word"; return ;;
		esac
	done
}

_pikactl_options()
{
	case $1 in
	"")
		echo "version show start stop link stats listeners connections acceptors" \
			"events monitor --help"
		;;
	start) echo "--link --cores --idle-us --max-conns --firewall --allow" ;;
	stop) echo "--force" ;;
	stats) echo "--all" ;;
	connections) echo "--state --port --details" ;;
	esac
	echo "--json --netns"
}

_pikactl()
{
	local word=${COMP_WORDS[COMP_CWORD]} words

	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--link | add | del) words=$(_pikactl_devices "$word") ;;
	link) words="add del" ;;
	-n | --netns) words=$(ls /run/netns 2>/dev/null) ;;
	--state)
		words="established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait
			close-wait last-ack closing"
		;;
	--firewall) words="syn none" ;;
	--allow) words="root all gid: cgroup:" ;;
	--cores | --idle-us | --max-conns | --port) words= ;;
	*) words=$(_pikactl_options "$(_pikactl_command)") ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _pikactl pikactl
