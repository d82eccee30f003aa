// SPDX-License-Identifier: GPL-2.0-only

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include "libpika/descriptor.hh"
#include "tools/nic82599/pcap.hh"

namespace {

using pika::nic82599::ConstBytes;
using pika::nic82599::Loop;
using pika::nic82599::Pcap;
using pika::nic82599::Sink;
using pika::nic82599::Tee;

struct Receiver final : Sink {
  void take(ConstBytes frame) override {
    text.append(reinterpret_cast<const char*>(frame.data()), frame.size());
  }
  bool has_room() override { return room; }

  std::string text;
  bool room = true;
};

struct nic82599_pcap : testing::Test {
  ~nic82599_pcap() override { std::filesystem::remove(path); }

  std::string written() {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  uint32_t word(size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, written().data() + at, sizeof(value));
    return value;
  }

  std::string path =
      std::filesystem::temp_directory_path() / ("nic82599_pcap." + std::to_string(getpid()));
};

ConstBytes bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST_F(nic82599_pcap, frames_are_in_the_file_with_their_lengths) {
  auto pcap = Pcap::create(path);
  ASSERT_TRUE(pcap);
  EXPECT_EQ(written().size(), 24U) << "the header is there at once";
  const std::string first(60, 'a'), second(1514, 'b');
  pcap->write(bytes(first), Loop::now());
  pcap->write(bytes(second), Loop::now());
  ASSERT_TRUE(pcap->flush());
  const std::string all = written();
  ASSERT_EQ(all.size(), 24 + 16 + first.size() + 16 + second.size());
  EXPECT_EQ(word(0), 0xa1b23c4d) << "nanoseconds";
  EXPECT_EQ(word(20), 1U) << "Ethernet";
  EXPECT_EQ(word(24 + 8), first.size());
  EXPECT_EQ(word(24 + 12), first.size());
  EXPECT_EQ(all.substr(24 + 16, first.size()), first);
  EXPECT_EQ(word(24 + 16 + first.size() + 8), second.size());
  EXPECT_EQ(all.substr(24 + 32 + first.size()), second);
}

TEST_F(nic82599_pcap, times_are_the_calendar_s) {
  auto pcap = Pcap::create(path);
  ASSERT_TRUE(pcap);
  pcap->write(bytes("x"), Loop::now());
  ASSERT_TRUE(pcap->flush());
  EXPECT_NEAR(static_cast<double>(word(24)), static_cast<double>(time(nullptr)), 60);
  EXPECT_LT(word(28), 1'000'000'000U);
}

TEST_F(nic82599_pcap, a_file_that_was_there_is_emptied) {
  std::ofstream(path) << std::string(1000, 'x');
  ASSERT_TRUE(Pcap::create(path));
  EXPECT_EQ(written().size(), 24U);
}

TEST_F(nic82599_pcap, what_cannot_be_made_is_an_error) {
  const auto pcap = Pcap::create(path + "/none");
  ASSERT_FALSE(pcap);
  EXPECT_NE(pcap.error().text.find(path), std::string::npos);
}

TEST_F(nic82599_pcap, what_cannot_be_written_is_an_error_once) {
  EXPECT_FALSE(Pcap::create("/dev/full"));
  std::signal(SIGPIPE, SIG_IGN);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  pika::Descriptor reader(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto pcap = Pcap::create(path);
  ASSERT_TRUE(pcap);
  reader = pika::Descriptor();
  pcap->write(bytes("x"), Loop::now());
  const auto flushed = pcap->flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().text, path + ": Broken pipe");
  pcap->write(bytes("y"), Loop::now());
  EXPECT_TRUE(pcap->flush());
}

TEST_F(nic82599_pcap, a_tee_passes_frames_on_and_asks_for_room) {
  auto pcap = Pcap::create(path);
  ASSERT_TRUE(pcap);
  Receiver receiver;
  Tee tee(*pcap, receiver);
  tee.take(bytes("frame"));
  ASSERT_TRUE(pcap->flush());
  EXPECT_EQ(receiver.text, "frame");
  EXPECT_EQ(written().substr(24 + 16), "frame");
  EXPECT_TRUE(tee.has_room());
  receiver.room = false;
  EXPECT_FALSE(tee.has_room());
}

}  // namespace
