// SPDX-License-Identifier: GPL-2.0-only
//
// How pikactl's lines get to whoever reads them.
#ifndef PIKA_PIKACTL_OUTPUT_HH
#define PIKA_PIKACTL_OUTPUT_HH

#include <string>

/// Writes lines to standard output. On a terminal the first word of each that is not
/// indented is bold, unless NO_COLOR is set (no-color.org).
void put(const std::string& lines);

#endif  // PIKA_PIKACTL_OUTPUT_HH
