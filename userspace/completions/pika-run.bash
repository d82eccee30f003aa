# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What bash completes for pika-run: its options, then the program and whatever that
# program's own completion has.

_pika_run()
{
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] || break
	done
	if ((i < COMP_CWORD)) && declare -F _command_offset >/dev/null; then
		_command_offset "$i"
	elif ((i < COMP_CWORD)); then
		mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
	elif [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "--require --help --version" -- \
			"${COMP_WORDS[COMP_CWORD]}")
	else
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
	fi
}

complete -F _pika_run pika-run
