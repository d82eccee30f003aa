// SPDX-License-Identifier: GPL-2.0-only
//
// What the file may say, and that each file of selftests/pikad/broken is refused with
// the words that it has in its first line.

#include "pikad/config.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

constexpr char stack[] = "[[stack]]\ncomposition = 'TS2LS2CM2'\nlinks = ['eth0', 'eth1']\n";

Config parsed(const std::string& text) {
  const auto config = parse_config(text, "f");
  EXPECT_TRUE(config) << config.error().text;
  return config ? *config : Config();
}

std::string refused(const std::string& text) {
  const auto config = parse_config(text, "f");
  return config ? "" : config.error().text;
}

TEST(config, an_empty_file_wants_nothing) {
  EXPECT_TRUE(parsed("").stacks.empty());
  EXPECT_EQ(parsed("# nothing\n").metrics_port, 0);
}

TEST(config, what_is_not_said_is_as_the_kernel_has_it) {
  const WantedStack only = parsed(stack).stacks.at(0);
  EXPECT_EQ(only.netns, "");
  EXPECT_EQ(only.config.composition, "TS2LS2CM2");
  EXPECT_EQ(only.config.links, "eth0,eth1");
  EXPECT_EQ(only.config.cores, "");
  EXPECT_EQ(only.config.idle_us, 0U);
  EXPECT_EQ(only.config.max_conns, 16384U);
  EXPECT_EQ(only.config.firewall, PIKA_FIREWALL_SYN);
  EXPECT_EQ(only.config.allow, "root");
  EXPECT_FALSE(only.force);
}

TEST(config, each_key_is_read) {
  const Config config = parsed(std::string(stack) +
                               "namespace = 'web'\ncores = '3,2'\nidle-us = 50\n"
                               "max-conns = 1000\nfirewall = 'none'\nallow = 'gid:33'\n"
                               "force = true\n[metrics]\nport = 9464\n");
  const WantedStack& web = config.stacks.at(0);
  EXPECT_EQ(web.netns, "web");
  EXPECT_EQ(web.config.cores, "2-3");
  EXPECT_EQ(web.config.idle_us, 50U);
  EXPECT_EQ(web.config.max_conns, 1024U) << "as the kernel rounds it";
  EXPECT_EQ(web.config.firewall, PIKA_FIREWALL_NONE);
  EXPECT_EQ(web.config.allow, "gid:33");
  EXPECT_TRUE(web.force);
  EXPECT_EQ(config.metrics_port, 9464);
}

TEST(config, who_is_allowed_may_be_said_in_four_ways) {
  for (const char* allow : {"root", "all", "gid:0", "gid:4294967294", "cgroup:/", "cgroup:/a b"})
    EXPECT_EQ(parsed(std::string(stack) + "allow = '" + allow + "'").stacks.at(0).config.allow,
              allow);
}

TEST(config, limits_are_within) {
  for (const char* line : {"idle-us = 4294967295", "max-conns = 256", "max-conns = 1048576",
                           "cores = '0,8191'", "namespace = '-'"})
    EXPECT_EQ(refused(std::string(stack) + line), "") << line;
}

TEST(config, stacks_of_two_namespaces) {
  const Config config = parsed(std::string(stack) + stack + "namespace = 'b'\n");
  EXPECT_EQ(config.stacks.size(), 2U);
}

TEST(config, of_several_faults_the_first_line_s_is_told) {
  EXPECT_EQ(refused("[metrics]\nport = 0\n[[stack]]\nx = 1\n"),
            "f:2: port: 0, expected 1 to 65535");
  EXPECT_EQ(refused("[[stack]]\ncomposition = 'TS1LS1CM1'\nlinks = []\ncores = ''\n"),
            "f:3: links: 0 devices, expected 1 to 16");
}

TEST(config, a_file_that_cannot_be_read) {
  EXPECT_EQ(read_config("/nowhere/pika.toml").error().text,
            "/nowhere/pika.toml:1: cannot be read (No such file or directory), expected a file "
            "of TOML");
  EXPECT_EQ(read_config("/").error().text,
            "/:1: cannot be read (Is a directory), expected a file of TOML");
}

TEST(config, a_file_that_is_too_long) {
  const std::string name = testing::TempDir() + "/long.toml";
  std::ofstream(name) << std::string((1 << 20) + 1, '#');
  EXPECT_EQ(read_config(name).error().text,
            name + ":1: cannot be read (more than 1 MiB), expected a file of TOML");
  std::ofstream(name) << std::string(1 << 20, '#');
  EXPECT_TRUE(read_config(name));
  std::filesystem::remove(name);
}

std::vector<std::string> broken_files() {
  std::vector<std::string> files;
  const auto folder = std::filesystem::canonical("/proc/self/exe").parent_path() /
                      "../../../selftests/pikad/broken";
  for (const auto& each : std::filesystem::directory_iterator(folder)) files.push_back(each.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(config, there_are_enough_broken_files) { EXPECT_GE(broken_files().size(), 60U); }

TEST(config, each_broken_file_is_refused_in_one_line_with_these_words) {
  for (const std::string& file : broken_files()) {
    std::ifstream stream(file);
    std::string expected;
    std::getline(stream, expected);
    const auto config = read_config(file);
    ASSERT_FALSE(config) << file;
    EXPECT_EQ(config.error().text, file + ":" + expected.substr(2));
    EXPECT_EQ(config.error().text.find('\n'), std::string::npos);
    EXPECT_NE(config.error().text.find(" expected "), std::string::npos);
  }
}

}  // namespace
