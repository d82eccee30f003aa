#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs tests of this folder, in a guest: those that are named, by default every one.
# Each prints KTAP of its own.

cd "$(dirname "$0")" || exit
status=0
[ $# -gt 0 ] || set -- *.sh
for test; do
	case $test in
	lib.sh | run_all.sh) continue ;;
	esac
	echo "# $test"
	"./$test" || status=1
done
exit $status
