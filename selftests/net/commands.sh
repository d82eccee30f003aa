#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The programs' commands, by bats, as the scripts of this folder are run.

cd "$(dirname "$0")" || exit
exec bats --tap commands.bats pikad_commands.bats
