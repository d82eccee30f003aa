// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/toml_text.hh"

#include <gtest/gtest.h>

namespace {

std::string made(std::string text) {
  const uint32_t line = make_ascii(text);
  return line ? std::to_string(line) : text;
}

TEST(toml_text, comments_are_cleaned) {
  EXPECT_EQ(made(""), "");
  EXPECT_EQ(made("a = 1 # \xc3\xa4\nb = 2"), "a = 1 # ??\nb = 2");
  EXPECT_EQ(made("a = 'x' # \xff"), "a = 'x' # ?");
  EXPECT_EQ(made("a = \"\\\"\" # \xff"), "a = \"\\\"\" # ?");
  EXPECT_EQ(made("a = '\\' # \xff"), "a = '\\' # ?");
  EXPECT_EQ(made("a = \"\" # \xff"), "a = \"\" # ?");
  EXPECT_EQ(made("a = '''\n'\n''' # \xff"), "a = '''\n'\n''' # ?");
  EXPECT_EQ(made("a = \"\"\"x\\\"\"\"\"# \xff"), "a = \"\"\"x\\\"\"\"\"# ?");
  EXPECT_EQ(made("a = \"\"\"x\"\"\"\"\"# \xff"), "a = \"\"\"x\"\"\"\"\"# ?");
  EXPECT_EQ(made("a = 'x\n# \xff"), "a = 'x\n# ?") << "a string ends with its line";
}

TEST(toml_text, elsewhere_the_line_is_told) {
  EXPECT_EQ(made("\xc3\xa4 = 1"), "1");
  EXPECT_EQ(made("# \xff\n\n[\xc3\xa4]\n# \xff"), "3");
  EXPECT_EQ(made("\na = '# \xff'"), "2");
  EXPECT_EQ(made("\na = \"# \xff\""), "2");
  EXPECT_EQ(made("a = \"\"\"\n\n# \xff\"\"\""), "3");
  EXPECT_EQ(made("a = '''\n''# \xff'''"), "2");
  EXPECT_EQ(made("\xef\xbb\xbf# x"), "1");
}

}  // namespace
