#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Malformed netlink messages, to the loaded module.

. "$(dirname "$0")/lib.sh"

reset_module
load
netlink_messages
status=$?
reset_module
exit $status
