// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/cpu_list.hh"

#include <gtest/gtest.h>

namespace {

TEST(cpu_list, lists_are_read_and_written_as_the_kernel_does) {
  for (const char* text : {"0", "0-3", "0-3,8", "1,3,5", "0,2-3", "8191"})
    EXPECT_EQ(format_cpus(parse_cpus(text).value()), text);
  EXPECT_EQ(format_cpus(parse_cpus("3,2,1,0").value()), "0-3");
  EXPECT_EQ(format_cpus(parse_cpus("1-1,2").value()), "1-2");
  EXPECT_EQ(format_cpus({}), "");
}

TEST(cpu_list, what_is_no_list_is_refused) {
  for (const char* text : {"", ",", "0,", ",0", "-", "1-", "-1", "3-2", "a", "1 ", " 1", "+1",
                           "0x1", "8192", "0-8192", "4294967296", "1-2-3", "1--2"})
    EXPECT_FALSE(parse_cpus(text)) << text;
}

}  // namespace
