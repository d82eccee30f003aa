// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/toml_text.hh"

#include <string_view>

namespace {

/// What is wrong with strings and comments is left to the library: it stops there.
class Scanner {
 public:
  explicit Scanner(std::string& text) : text_(text) {}

  uint32_t make_ascii() {
    while (more()) {
      const char c = text_[at_];
      if (c == '#')
        clean_comment();
      else if (c == '"' || c == '\'')
        skip_string(c);
      else
        advance(1);
    }
    return misplaced_;
  }

 private:
  bool more() const { return at_ < text_.size(); }

  bool is_ascii() const { return static_cast<unsigned char>(text_[at_]) < 0x80; }
  bool at_three(std::string_view quotes) const { return text_.compare(at_, 3, quotes) == 0; }

  void advance(size_t count) {
    for (; count > 0 && more(); count--, at_++) {
      if (!is_ascii() && !misplaced_) misplaced_ = line_;
      line_ += text_[at_] == '\n';
    }
  }

  void clean_comment() {
    for (; more() && text_[at_] != '\n'; at_++)
      if (!is_ascii()) text_[at_] = '?';
  }

  void skip_string(char quote) {
    const std::string_view three = quote == '"' ? "\"\"\"" : "'''";
    if (at_three(three))
      skip_lines(quote, three);
    else
      skip_line(quote);
  }

  void skip_line(char quote) {
    advance(1);
    while (more() && text_[at_] != quote && text_[at_] != '\n') skip_character(quote);
    if (more() && text_[at_] == quote) advance(1);
  }

  /// The last three of up to five quotation marks end it.
  void skip_lines(char quote, std::string_view three) {
    advance(3);
    while (more() && !at_three(three)) skip_character(quote);
    advance(3);
    for (int extra = 0; extra < 2 && more() && text_[at_] == quote; extra++) advance(1);
  }

  void skip_character(char quote) { advance(quote == '"' && text_[at_] == '\\' ? 2 : 1); }

  std::string& text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  uint32_t misplaced_ = 0;
};

}  // namespace

uint32_t make_ascii(std::string& text) { return Scanner(text).make_ascii(); }
