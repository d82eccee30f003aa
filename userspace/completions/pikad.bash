# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What bash completes for pikad: its options, its command, and files.

_pikad()
{
	local word=${COMP_WORDS[COMP_CWORD]} words

	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-c | --config)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	esac
	words="status --config --check --dry-run --version --help"
	if [[ " ${COMP_WORDS[*]:1:COMP_CWORD-1} " == *" status "* ]]; then
		words="--json --help"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _pikad pikad
