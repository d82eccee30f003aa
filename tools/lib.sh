# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tools share: messages, the cache, and where each kernel lives.
# Sourced; runs nothing.

pika_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
pika_cache=$(realpath -m "${PIKA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pika}")
pika_trixie=$pika_cache/trixie
# shellcheck disable=SC2034 # for those who source this
pika_bookworm=$pika_cache/bookworm/root
pika_me=${0##*/}
PATH=$PATH:/usr/sbin:/sbin

say()
{
	printf '%s: %s\n' "$pika_me" "$*"
}

# die STATUS MESSAGE: one line on stderr, then out.
die()
{
	local status=$1

	shift
	printf '%s: %s\n' "$pika_me" "$*" >&2
	exit "$status"
}

# kernel_dir NAME: the folder that describes a kernel, made by tools/setup and
# tools/vm/debug-kernel. NAME is 6.1, 6.12, 7, debug or a whole release. It holds
#   release   uname -r
#   headers   link: what Kbuild builds against
#   image     what QEMU loads (not for 7, which is only built against)
#   modules   link: the tree for /lib/modules/RELEASE (stock kernels)
kernel_dir()
{
	local dir

	for dir in "$pika_cache/kernels/$1" "$pika_cache"/kernels/*; do
		if [ "$dir" = "$pika_cache/kernels/$1" ] ||
		   [ "$(cat "$dir/release" 2>/dev/null)" = "$1" ]; then
			[ -e "$dir/release" ] && echo "$dir" && return
		fi
	done
	return 1
}

# module_dir RELEASE: where pika.ko and its objects for that kernel are built.
module_dir()
{
	echo "$pika_top/build/kmod/$1"
}

# No path of ours may need quoting: Kbuild and QEMU split theirs.
case $pika_top$pika_cache in
*[[:space:],]*)
	die 1 "$pika_top, $pika_cache: a space or a comma in a path; expected a checkout and a cache (PIKA_CACHE) without"
	;;
esac

# in_trixie CMD...: runs CMD inside the trixie folder, where the checkout is /mnt
# and the current folder. Needs root or user namespaces; leaves nothing there.
in_trixie()
{
	local map=()

	[ "$(id -u)" = 0 ] || map=(--map-root-user)
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare "${map[@]}" --mount bash -euc '
		root=$1
		mount --rbind "$2" "$root/mnt"
		mount --rbind /dev "$root/dev"
		mount --rbind /proc "$root/proc"
		shift 2
		exec chroot "$root" /bin/sh -c "cd /mnt && exec \"\$@\"" sh "$@"
	' bash "$pika_trixie" "$pika_top" "$@"
}
