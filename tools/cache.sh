# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# How tools/setup fills the cache. An entry is made in $pika_cache/tmp and moved
# to its place when it is whole, with a key that tells what it was made from; so
# an interrupted run leaves nothing that looks finished. Only the holder of
# the lock may call what is here.

# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# lock_cache: waits until no other tools/setup runs, and clears what an
# interrupted one left.
lock_cache()
{
	mkdir -p "$pika_cache"
	exec 9>"$pika_cache/lock"
	flock 9
	rm -rf "$pika_cache/tmp"
	mkdir "$pika_cache/tmp"
}

# have_entry DIR KEY
have_entry()
{
	[ "$(cat "$1/key" 2>/dev/null)" = "$2" ]
}

# finish_entry NEW DIR KEY: NEW becomes DIR.
finish_entry()
{
	echo "$3" >"$1/key"
	chmod 755 "$1"
	mkdir -p "${2%/*}"
	rm -rf "$2"
	mv -T "$1" "$2"
}

# logged NAME CMD...: CMD's output goes to a log, shown only if it fails.
logged()
{
	local log=$pika_cache/log/$1 start=$SECONDS

	shift
	mkdir -p "${log%/*}"
	# In the background, so that set -e holds inside CMD.
	"$@" >"$log" 2>&1 </dev/null &
	if ! wait $!; then
		tail -n 20 "$log" >&2
		die 1 "$1: failed after $((SECONDS - start)) s; whole log: $log"
	fi
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die 1 "$1: needs root; run 'PIKA_CACHE=$pika_cache tools/setup' as root once"
	fi
}

apt_get()
{
	DEBIAN_FRONTEND=noninteractive as_root apt-get -y -q \
		-o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 "$@"
}

# download PACKAGE: into this folder. The lists may be absent or out of date.
download()
{
	local get=(apt-get -q -o APT::Sandbox::User=root download "$1")

	"${get[@]}" || { apt_get update && "${get[@]}"; }
}

# fetch_package PACKAGE DIR: unpacks a package without installing it.
fetch_package()
{
	local tmp

	tmp=$(mktemp -d "$pika_cache/tmp/fetch.XXXXXX")
	(cd "$tmp" && download "$1")
	mkdir -p "$2"
	dpkg --fsys-tarfile "$tmp"/*.deb | tar -x -C "$2"
	rm -rf "$tmp"
}
