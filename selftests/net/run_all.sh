#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs every test of this folder, in a guest. Each prints KTAP of its own.

cd "$(dirname "$0")" || exit
status=0
for test in *.sh; do
	case $test in
	lib.sh | run_all.sh) continue ;;
	esac
	echo "# $test"
	"./$test" || status=1
done
exit $status
