// SPDX-License-Identifier: GPL-2.0-only
//
// Makes a file fit for the TOML library: toml++ 3.3 does what is undefined for a
// character beyond ASCII where it looks for white space or a key. So it is shown none.
// Pure.
#ifndef PIKA_PIKAD_TOML_TEXT_HH
#define PIKA_PIKAD_TOML_TEXT_HH

#include <cstdint>
#include <string>

/// Replaces what is beyond ASCII in comments.
///
/// @return the line of the first such character elsewhere, from 1; 0: there is none, and
///     @p text is ASCII now
uint32_t make_ascii(std::string& text);

#endif  // PIKA_PIKAD_TOML_TEXT_HH
