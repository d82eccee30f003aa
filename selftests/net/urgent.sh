#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Urgent data, beside Linux's: see urgent.cc.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namespaces.bash"

case__urgent_bytes_are_read_as_linux_s()
{
	like_linux urgent read
}

case__a_newer_urgent_byte_takes_the_place_of_the_older()
{
	like_linux urgent replaced
}

case__urgent_bytes_are_signalled()
{
	like_linux urgent signals
}

case__urgent_bytes_are_sent_as_linux_s()
{
	like_linux urgent sent
}

run_cases
