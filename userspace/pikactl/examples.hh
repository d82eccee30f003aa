// SPDX-License-Identifier: GPL-2.0-only
//
// What the help of each command ends with.
#ifndef PIKA_PIKACTL_EXAMPLES_HH
#define PIKA_PIKACTL_EXAMPLES_HH

#include <CLI/CLI.hpp>

/// Gives each command of @p app examples of its own; they are behind its options.
void add_examples(CLI::App& app);

#endif  // PIKA_PIKACTL_EXAMPLES_HH
