// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/run_dir.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

struct run_dir : testing::Test {
  run_dir() : folder("/tmp/pika-run-dir-test." + std::to_string(getpid())) {
    setenv("RUNTIME_DIRECTORY", (folder + ":/nowhere").c_str(), 1);
  }
  ~run_dir() override {
    unsetenv("RUNTIME_DIRECTORY");
    std::filesystem::remove_all(folder);
  }

  std::string folder;
};

TEST_F(run_dir, is_made_and_locked_by_one) {
  RunDir first, second;
  ASSERT_TRUE(first.lock());
  EXPECT_EQ(first.path("x"), folder + "/x");
  const auto locked = second.lock();
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, EBUSY);
  EXPECT_EQ(locked.error().text, "a pikad runs already (process " + std::to_string(getpid()) +
                                     "), expected one on a machine; " + folder +
                                     "/pikad.lock is its lock");
}

TEST_F(run_dir, its_lock_ends_with_its_owner) {
  { ASSERT_TRUE(RunDir().lock()); }
  EXPECT_TRUE(RunDir().lock());
}

TEST_F(run_dir, what_was_noted_is_read_by_the_next) {
  RunDir dir;
  EXPECT_TRUE(dir.owned().empty());
  ASSERT_TRUE(dir.lock());
  const Owned owned = {{"", false}, {"a b", true}, {"web", false}};
  ASSERT_TRUE(dir.note(owned));
  EXPECT_EQ(RunDir().owned(), owned);
  ASSERT_TRUE(dir.note({}));
  EXPECT_TRUE(RunDir().owned().empty());
}

TEST_F(run_dir, a_damaged_note_is_read_as_far_as_it_goes) {
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/owned") << "\n2 x\n1\n1 web\n\0x";
  EXPECT_EQ(RunDir().owned(), (Owned{{"web", true}}));
}

TEST_F(run_dir, where_it_cannot_be_made) {
  setenv("RUNTIME_DIRECTORY", "/proc/nowhere", 1);
  RunDir dir;
  EXPECT_EQ(dir.lock().error().text, "/proc/nowhere: No such file or directory");
  EXPECT_FALSE(dir.note({{"a", true}}));
}

}  // namespace
