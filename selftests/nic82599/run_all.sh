#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs tests of this folder, in a guest: those that are named, by default those for which
# two cards with several queues will do. ablation.sh, badwire.sh and dpdk.sh have guests
# of their own in selftests/run.

# The last one leaves no card.
[ $# -gt 0 ] || set -- link.sh features.sh stress.sh unplugged.sh
# shellcheck source=selftests/net/run_all.sh
. "$(dirname "$0")/../net/run_all.sh"
