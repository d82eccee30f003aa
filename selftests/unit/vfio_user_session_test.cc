// SPDX-License-Identifier: GPL-2.0-only
//
// A session with a client that says what the test says, over a pair of sockets.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "tools/vfio_user/session.hh"

namespace {

using namespace pika::vfio_user;
using pika::Descriptor;

constexpr uint32_t bar_size = 0x100;

/// One BAR, of bytes; and what was asked of it.
struct Fake final : Device {
  uint64_t region_size(unsigned region) const override {
    if (region == VFIO_PCI_BAR2_REGION_INDEX) return long_bar.size();
    return region == VFIO_PCI_BAR0_REGION_INDEX ? bar_size : 0;
  }
  void read_region(unsigned region, uint64_t offset, Bytes to) override {
    std::memcpy(to.data(), (region ? long_bar.data() : bar) + offset, to.size());
  }
  void write_region(unsigned region, uint64_t offset, ConstBytes from) override {
    std::memcpy((region ? long_bar.data() : bar) + offset, from.data(), from.size());
    writes++;
  }
  void reset_device() override { resets++; }

  char bar[bar_size] = "what is read";
  std::string long_bar = std::string(max_transfer + 1, '.');
  int writes = 0;
  int resets = 0;
};

template <class T>
std::string bytes(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

template <class T>
T value_of(const std::string& text) {
  T value{};
  EXPECT_GE(text.size(), sizeof(value));
  std::memcpy(&value, text.data(), std::min(text.size(), sizeof(value)));
  return value;
}

/// A reply: its error, or its payload.
struct Reply {
  Header header;
  std::string payload;
};

struct vfio_user_session : testing::Test {
  vfio_user_session() { connect(); }

  /// Anew, if there was a session.
  void connect() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    client = Descriptor(ends[0]);
    session.emplace(Descriptor(ends[1]), device, memory, interrupts);
  }

  void say(const std::string& text, const std::vector<int>& fds = {}) {
    iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(64 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
      cmsghdr* rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
      std::memcpy(CMSG_DATA(rights), fds.data(), fds.size() * sizeof(int));
    }
    ASSERT_EQ(sendmsg(client.get(), &message, 0), static_cast<ssize_t>(text.size()));
  }

  static std::string command(uint16_t what, const std::string& payload, uint32_t flags = 0,
                             uint16_t id = 7) {
    return bytes(Header{.id = id,
                        .command = what,
                        .size = static_cast<uint32_t>(sizeof(Header) + payload.size()),
                        .flags = flags,
                        .error = 0}) +
           payload;
  }

  /// Turns the session until it has read everything.
  ///
  /// Returns: "" if it goes on, "left" or why it ends.
  std::string turn() {
    char byte = 0;
    do {
      const auto more = session->advance();
      if (!more) return more.error().text;
      if (!*more) return "left";
    } while (recv(session->fd(), &byte, 1, MSG_PEEK) > 0 && !session->wants_to_send());
    return "";
  }

  std::optional<Reply> reply() {
    Reply heard{};
    if (recv(client.get(), &heard.header, sizeof(Header), 0) != sizeof(Header)) return {};
    heard.payload.resize(heard.header.size - sizeof(Header));
    if (!heard.payload.empty()) {
      EXPECT_EQ(recv(client.get(), heard.payload.data(), heard.payload.size(), 0),
                static_cast<ssize_t>(heard.payload.size()));
    }
    return heard;
  }

  Reply ask(uint16_t what, const std::string& payload, const std::vector<int>& fds = {}) {
    say(command(what, payload), fds);
    EXPECT_EQ(turn(), "");
    auto heard = reply();
    EXPECT_TRUE(heard);
    if (!heard) return {};
    EXPECT_EQ(heard->header.id, 7);
    EXPECT_EQ(heard->header.command, what);
    EXPECT_EQ(heard->header.flags & flag_type, type_reply);
    EXPECT_EQ((heard->header.flags & flag_error) != 0, heard->header.error != 0);
    if (heard->header.error) {
      EXPECT_EQ(heard->payload, "");
    }
    return *heard;
  }

  uint32_t error_of(uint16_t what, const std::string& payload, const std::vector<int>& fds = {}) {
    return ask(what, payload, fds).header.error;
  }

  static std::string version(const std::string& json = "", uint16_t major = 0) {
    return bytes(Version{major, 1}) + (json.empty() ? "" : json + '\0');
  }

  void agree() { ASSERT_EQ(error_of(cmd_version, version()), 0U); }

  static std::string access(uint64_t offset, uint32_t count, uint32_t region = 0) {
    return bytes(RegionAccess{.offset = offset, .region = region, .count = count});
  }

  static std::string irqs(uint32_t flags, uint32_t start, uint32_t count,
                          uint32_t index = VFIO_PCI_MSIX_IRQ_INDEX) {
    return bytes(IrqSet{
        .argsz = sizeof(IrqSet), .flags = flags, .index = index, .start = start, .count = count});
  }

  Fake device;
  Memory memory;
  Interrupts interrupts{40};
  Descriptor client;
  std::optional<Session> session;
};

constexpr uint32_t events = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;

/// One page of memory that a client hands over, and how it does.
constexpr DmaMap page_map{.argsz = sizeof(DmaMap),
                          .flags = dma_readable | dma_writeable,
                          .offset = 0,
                          .address = 0,
                          .size = 4096};

Descriptor page_file() {
  Descriptor file(memfd_create("session_test", MFD_CLOEXEC));
  EXPECT_EQ(ftruncate(file.get(), page_map.size), 0);
  return file;
}

TEST_F(vfio_user_session, a_version_is_agreed_on) {
  const auto heard = ask(cmd_version, version(R"({"capabilities": {"max_msg_fds": 8,
      "max_data_xfer_size": 1048576, "write_multiple": true, "pgsizes": 4096}})"));
  EXPECT_EQ(heard.header.error, 0U);
  EXPECT_EQ(value_of<Version>(heard.payload).major, 0);
  EXPECT_EQ(value_of<Version>(heard.payload).minor, 1);
  EXPECT_STREQ(heard.payload.c_str() + sizeof(Version),
               R"({"capabilities":{"max_data_xfer_size":1048576,"max_msg_fds":16,)"
               R"("write_multiple":true}})");
}

TEST_F(vfio_user_session, a_reply_is_not_longer_than_what_was_proposed) {
  const std::string proposed = version(R"({"capabilities":{"max_msg_fds":1}})");
  const auto heard = ask(cmd_version, proposed);
  EXPECT_LE(heard.payload.size(), proposed.size());
}

TEST_F(vfio_user_session, what_a_client_cannot_do_is_not_proposed) {
  const auto heard =
      ask(cmd_version, version(R"({"capabilities":{"write_multiple":false,"x":[1,2,3,4,5]}})"));
  EXPECT_STREQ(heard.payload.c_str() + sizeof(Version), R"({"capabilities":{}})");
}

TEST_F(vfio_user_session, an_unknown_major_version_ends_it) {
  say(command(cmd_version, version("", 1)));
  EXPECT_EQ(turn(), "no version that both know; expected 0.x");
}

TEST_F(vfio_user_session, nonsense_for_capabilities_ends_it) {
  for (const char* json : {"{", "[]", R"({"capabilities":7})", "\xff\xfe"}) {
    say(command(cmd_version, version(json)));
    EXPECT_NE(turn(), "") << json;
    connect();
  }
}

TEST_F(vfio_user_session, capabilities_end_with_a_nul) {
  say(command(cmd_version, version() + R"({"capabilities":{}} )"));
  EXPECT_NE(turn(), "");
}

TEST_F(vfio_user_session, nothing_is_done_before_the_version) {
  say(command(cmd_device_reset, ""));
  EXPECT_EQ(turn(), "command 13 before a version was agreed on");
  EXPECT_EQ(device.resets, 0);
}

TEST_F(vfio_user_session, a_second_version_and_unknown_commands_are_refused) {
  agree();
  EXPECT_EQ(error_of(cmd_version, version()), static_cast<uint32_t>(EINVAL));
  for (const uint16_t what : {0, 6, 11, 12, 14, 16, 17, 18, 19, 0xffff})
    EXPECT_EQ(error_of(what, ""), static_cast<uint32_t>(ENOSYS)) << what;
  EXPECT_EQ(error_of(cmd_device_reset, ""), 0U) << "and it goes on";
}

TEST_F(vfio_user_session, sizes_that_cannot_be_end_it) {
  agree();
  say(bytes(Header{.id = 1, .command = cmd_device_reset, .size = 15, .flags = 0, .error = 0}));
  EXPECT_EQ(turn().substr(0, 22), "a message of 15 bytes;");
}

TEST_F(vfio_user_session, a_message_that_never_fits_ends_it_at_once) {
  agree();
  say(bytes(
      Header{.id = 1, .command = cmd_region_write, .size = 0x80000000, .flags = 0, .error = 0}));
  EXPECT_NE(turn(), "");
}

TEST_F(vfio_user_session, replies_from_a_client_end_it) {
  agree();
  say(command(cmd_device_reset, "", type_reply));
  EXPECT_EQ(turn(), "message type 1; expected a command");
}

TEST_F(vfio_user_session, the_client_leaves) {
  agree();
  client = Descriptor();
  EXPECT_EQ(turn(), "left");
}

TEST_F(vfio_user_session, a_message_may_come_byte_by_byte) {
  agree();
  for (const char each : command(cmd_region_read, access(0, 4))) {
    EXPECT_FALSE(reply());
    say(std::string(1, each));
    ASSERT_EQ(turn(), "");
  }
  const auto heard = reply();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->payload, access(0, 4) + "what");
}

TEST_F(vfio_user_session, many_messages_may_come_at_once) {
  agree();
  std::string all;
  for (uint16_t i = 0; i < 100; i++)
    all += command(cmd_region_write, access(i, 1) + "x", i == 99 ? 0 : flag_no_reply, i);
  say(all);
  EXPECT_EQ(turn(), "");
  EXPECT_EQ(device.writes, 100);
  const auto heard = reply();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->header.id, 99);
  EXPECT_FALSE(reply());
}

TEST_F(vfio_user_session, the_device_is_described) {
  agree();
  const DeviceInfo question{.argsz = sizeof(DeviceInfo), .flags = 0, .regions = 0, .irqs = 0};
  const auto info = value_of<DeviceInfo>(ask(cmd_device_get_info, bytes(question)).payload);
  EXPECT_EQ(info.flags, static_cast<uint32_t>(VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET));
  EXPECT_EQ(info.regions, 9U);
  EXPECT_EQ(info.irqs, 5U);
  EXPECT_EQ(error_of(cmd_device_get_info, "1234"), static_cast<uint32_t>(EINVAL));
}

TEST_F(vfio_user_session, regions_are_described) {
  agree();
  vfio_region_info question{};
  question.argsz = sizeof(question);
  auto info = value_of<vfio_region_info>(ask(cmd_device_get_region_info, bytes(question)).payload);
  EXPECT_EQ(info.size, bar_size);
  EXPECT_EQ(info.flags,
            static_cast<uint32_t>(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE));
  question.index = 1;
  info = value_of<vfio_region_info>(ask(cmd_device_get_region_info, bytes(question)).payload);
  EXPECT_EQ(info.index, 1U);
  EXPECT_EQ(info.size, 0U);
  EXPECT_EQ(info.flags, 0U);
  question.index = 9;
  EXPECT_EQ(error_of(cmd_device_get_region_info, bytes(question)), static_cast<uint32_t>(EINVAL));
  question.index = 0;
  question.argsz = 31;
  EXPECT_EQ(error_of(cmd_device_get_region_info, bytes(question)), static_cast<uint32_t>(EINVAL));
}

TEST_F(vfio_user_session, interrupts_are_described) {
  agree();
  vfio_irq_info question{.argsz = sizeof(question), .flags = 0, .index = 2, .count = 0};
  auto info = value_of<vfio_irq_info>(ask(cmd_device_get_irq_info, bytes(question)).payload);
  EXPECT_EQ(info.count, 40U);
  question.index = 0;
  info = value_of<vfio_irq_info>(ask(cmd_device_get_irq_info, bytes(question)).payload);
  EXPECT_EQ(info.count, 0U);
  question.index = 5;
  EXPECT_EQ(error_of(cmd_device_get_irq_info, bytes(question)), static_cast<uint32_t>(EINVAL));
}

TEST_F(vfio_user_session, reads_and_writes_stay_inside) {
  agree();
  EXPECT_EQ(ask(cmd_region_read, access(5, 2)).payload, access(5, 2) + "is");
  EXPECT_EQ(ask(cmd_region_write, access(5, 2) + "at").payload, access(5, 2));
  EXPECT_EQ(std::string(device.bar), "what at read");
  EXPECT_EQ(error_of(cmd_region_read, access(0, bar_size)), 0U);
  for (const auto& wrong : {access(1, bar_size), access(bar_size, 1), access(UINT64_MAX, 1),
                            access(0, UINT32_MAX), access(UINT64_MAX - 1, 4), access(0, 1, 1),
                            access(0, 1, 9), access(0, 0, 9), access(0, 1, UINT32_MAX)}) {
    EXPECT_EQ(error_of(cmd_region_read, wrong), static_cast<uint32_t>(EINVAL));
    EXPECT_EQ(error_of(cmd_region_write, wrong + "x"), static_cast<uint32_t>(EINVAL));
  }
  EXPECT_EQ(error_of(cmd_region_write, access(0, 4) + "abc"), static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(error_of(cmd_region_write, access(0, 2) + "abc"), static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(error_of(cmd_region_write, "short"), static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(error_of(cmd_region_read, access(0, 4) + "more"), static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(device.writes, 1);
}

TEST_F(vfio_user_session, the_longest_message_comes_whole) {
  agree();
  const std::string text(max_transfer, 'x');
  const std::string message = command(cmd_region_write, access(1, max_transfer, 2) + text);
  for (size_t at = 0; at < message.size(); at += 100'000) {
    say(message.substr(at, 100'000));
    ASSERT_EQ(turn(), "");
  }
  const auto heard = reply();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->header.error, 0U);
  EXPECT_EQ(device.long_bar, "." + text);
  EXPECT_EQ(error_of(cmd_region_read, access(0, max_transfer + 1, 2)),
            static_cast<uint32_t>(EINVAL));
}

TEST_F(vfio_user_session, several_writes_come_in_one_message) {
  agree();
  const auto write = [](uint64_t offset, uint32_t count, const char* data) {
    SmallWrite small{.offset = offset, .region = 0, .count = count, .data = {}};
    std::memcpy(small.data.data(), data, std::strlen(data));
    return bytes(small);
  };
  const std::string two = write(0, 4, "that") + write(8, 4, "done");
  EXPECT_EQ(ask(cmd_region_write_multi, bytes(uint64_t{2}) + two).payload, bytes(uint64_t{2}));
  EXPECT_EQ(std::string(device.bar), "that is done");
  for (const uint64_t count : {uint64_t{1}, uint64_t{3}, UINT64_MAX, UINT64_MAX / 24 + 3})
    EXPECT_EQ(error_of(cmd_region_write_multi, bytes(count) + two), static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(error_of(cmd_region_write_multi, bytes(uint64_t{1}) + write(0, 9, "12345678")),
            static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(error_of(cmd_region_write_multi, bytes(uint64_t{1}) + write(bar_size, 1, "x")),
            static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(device.writes, 2);
}

TEST_F(vfio_user_session, memory_is_mapped_and_unmapped) {
  agree();
  const Descriptor file(memfd_create("session_test", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(file.get(), 8192), 0);
  DmaMap map{.argsz = sizeof(DmaMap),
             .flags = dma_readable | dma_writeable,
             .offset = 4096,
             .address = 0x10000,
             .size = 4096};
  EXPECT_EQ(error_of(cmd_dma_map, bytes(map), {file.get()}), 0U);
  const char text[] = "to the guest";
  EXPECT_TRUE(memory.write(0x10000, std::as_bytes(std::span(text))));
  char seen[sizeof(text)] = "";
  EXPECT_EQ(pread(file.get(), seen, sizeof(seen), 4096), static_cast<ssize_t>(sizeof(seen)));
  EXPECT_STREQ(seen, text);
  EXPECT_EQ(error_of(cmd_dma_map, bytes(map), {file.get()}), static_cast<uint32_t>(EEXIST));

  DmaUnmap unmap{.argsz = sizeof(DmaUnmap), .flags = 0, .address = 0x10000, .size = 2048};
  EXPECT_EQ(error_of(cmd_dma_unmap, bytes(unmap)), static_cast<uint32_t>(ENOENT));
  unmap.size = 4096;
  EXPECT_EQ(ask(cmd_dma_unmap, bytes(unmap)).payload, bytes(unmap));
  EXPECT_FALSE(memory.write(0x10000, std::as_bytes(std::span(text))));

  map.flags |= 1 << 7;
  EXPECT_EQ(error_of(cmd_dma_map, bytes(map), {file.get()}), static_cast<uint32_t>(EINVAL));
  map.flags = dma_readable | dma_by_mmap;
  EXPECT_EQ(error_of(cmd_dma_map, bytes(map)), static_cast<uint32_t>(EINVAL)) << "no file";
  map.flags = dma_readable;
  EXPECT_EQ(error_of(cmd_dma_map, bytes(map)), 0U) << "such as a ROM";
  EXPECT_EQ(error_of(cmd_dma_map, bytes(map) + "x"), static_cast<uint32_t>(EINVAL));
  unmap = {.argsz = sizeof(DmaUnmap), .flags = VFIO_DMA_UNMAP_FLAG_ALL, .address = 0, .size = 0};
  EXPECT_EQ(error_of(cmd_dma_unmap, bytes(unmap)), 0U);
  EXPECT_EQ(error_of(cmd_dma_map, bytes(map)), 0U);
  unmap.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
  EXPECT_EQ(error_of(cmd_dma_unmap, bytes(unmap)), static_cast<uint32_t>(EINVAL));
}

TEST_F(vfio_user_session, what_a_client_handed_over_goes_with_it) {
  agree();
  const Descriptor file = page_file();
  const Descriptor event(eventfd(0, EFD_NONBLOCK));
  EXPECT_EQ(error_of(cmd_dma_map, bytes(page_map), {file.get()}), 0U);
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(events, 3, 1), {event.get()}), 0U);
  session.reset();
  EXPECT_FALSE(memory.write(0, std::as_bytes(std::span("x"))));
  interrupts.raise(3);
  uint64_t count = 0;
  EXPECT_LT(read(event.get(), &count, sizeof(count)), 0);
}

TEST_F(vfio_user_session, a_client_that_takes_its_memory_back_is_left) {
  agree();
  const Descriptor file = page_file();
  EXPECT_EQ(error_of(cmd_dma_map, bytes(page_map), {file.get()}), 0U);
  ASSERT_EQ(ftruncate(file.get(), 0), 0);
  EXPECT_FALSE(memory.write(0, std::as_bytes(std::span("x"))));
  say(command(cmd_device_reset, ""));
  EXPECT_EQ(turn(), "took back memory that it had handed over");
}

TEST_F(vfio_user_session, vectors_get_eventfds_also_in_parts) {
  agree();
  const Descriptor first(eventfd(0, EFD_NONBLOCK)), second(eventfd(0, EFD_NONBLOCK));
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(events, 38, 2), {first.get(), second.get()}), 0U);
  interrupts.raise(39);
  uint64_t count = 0;
  EXPECT_LT(read(first.get(), &count, sizeof(count)), 0);
  EXPECT_EQ(read(second.get(), &count, sizeof(count)), 8);
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(events, 39, 1)), 0U) << "taken away";
  interrupts.raise(39);
  EXPECT_LT(read(second.get(), &count, sizeof(count)), 0);
  interrupts.raise(38);
  EXPECT_EQ(read(first.get(), &count, sizeof(count)), 8);
}

TEST_F(vfio_user_session, vectors_are_masked_and_raised_by_message) {
  agree();
  const Descriptor event(eventfd(0, EFD_NONBLOCK));
  uint64_t count = 0;
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(events, 0, 1), {event.get()}), 0U);
  constexpr uint32_t none = VFIO_IRQ_SET_DATA_NONE, some = VFIO_IRQ_SET_DATA_BOOL;
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(none | VFIO_IRQ_SET_ACTION_MASK, 0, 1)), 0U);
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(none | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1)), 0U);
  EXPECT_LT(read(event.get(), &count, sizeof(count)), 0);
  EXPECT_EQ(error_of(cmd_device_set_irqs,
                     irqs(some | VFIO_IRQ_SET_ACTION_UNMASK, 0, 2) + std::string("\0\1", 2)),
            0U);
  EXPECT_LT(read(event.get(), &count, sizeof(count)), 0) << "it was not among them";
  EXPECT_EQ(error_of(cmd_device_set_irqs,
                     irqs(some | VFIO_IRQ_SET_ACTION_UNMASK, 0, 2) + std::string("\1\0", 2)),
            0U);
  EXPECT_EQ(read(event.get(), &count, sizeof(count)), 8);
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(none | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0)), 0U);
  interrupts.raise(0);
  EXPECT_LT(read(event.get(), &count, sizeof(count)), 0) << "all are gone";
}

TEST_F(vfio_user_session, wrong_interrupt_requests_are_refused) {
  agree();
  const Descriptor event(eventfd(0, EFD_NONBLOCK));
  constexpr uint32_t none = VFIO_IRQ_SET_DATA_NONE, trigger = VFIO_IRQ_SET_ACTION_TRIGGER;
  for (const auto& wrong :
       {irqs(0, 0, 1), irqs(none, 0, 1), irqs(trigger, 0, 1),
        irqs(none | trigger | VFIO_IRQ_SET_ACTION_MASK, 0, 1),
        irqs(none | VFIO_IRQ_SET_DATA_BOOL | trigger, 0, 1), irqs(1 << 9 | none | trigger, 0, 1),
        irqs(none | trigger, 0, 41), irqs(none | trigger, 40, 1), irqs(none | trigger, 1, 0),
        irqs(none | trigger, UINT32_MAX, 2), irqs(none | trigger, 2, UINT32_MAX),
        irqs(none | trigger, 0, 1, VFIO_PCI_INTX_IRQ_INDEX), irqs(none | trigger, 0, 1, 5),
        irqs(VFIO_IRQ_SET_DATA_BOOL | trigger, 0, 3) + "\1\1", std::string("short")})
    EXPECT_EQ(error_of(cmd_device_set_irqs, wrong), static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(events, 0, 2), {event.get()}),
            static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(error_of(cmd_device_set_irqs, irqs(events, 0, 1), {client.get()}),
            static_cast<uint32_t>(EINVAL));
  EXPECT_EQ(
      error_of(cmd_device_set_irqs,
               irqs(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK, 0, 1), {event.get()}),
      static_cast<uint32_t>(ENOTSUP));
}

TEST_F(vfio_user_session, descriptors_belong_to_the_message_that_they_come_with) {
  agree();
  const Descriptor event(eventfd(0, EFD_NONBLOCK));
  const std::string write = command(cmd_region_write, access(0, 1) + "x", flag_no_reply);
  const std::string set = command(cmd_device_set_irqs, irqs(events, 5, 1));
  say(write + write);
  say(set.substr(0, 20), {event.get()});
  say(set.substr(20) + write);
  say(write);
  ASSERT_EQ(turn(), "");
  const auto heard = reply();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->header.error, 0U);
  EXPECT_EQ(device.writes, 4);
  uint64_t count = 0;
  interrupts.raise(5);
  EXPECT_EQ(read(event.get(), &count, sizeof(count)), 8);
}

TEST_F(vfio_user_session, descriptors_that_nobody_wants_are_closed) {
  agree();
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  const Descriptor read_end(ends[0]);
  {
    const Descriptor write_end(ends[1]);
    EXPECT_EQ(error_of(cmd_device_reset, "", {write_end.get()}), 0U);
  }
  char byte = 0;
  EXPECT_EQ(read(read_end.get(), &byte, 1), 0) << "nobody has the other end";
}

TEST_F(vfio_user_session, too_many_descriptors_end_it) {
  agree();
  say(command(cmd_device_reset, ""), std::vector<int>(17, client.get()));
  EXPECT_EQ(turn(), "more than 16 descriptors with one message");
}

TEST_F(vfio_user_session, who_does_not_read_is_not_read) {
  agree();
  std::string ask_much;
  for (int i = 0; i < 64; i++) ask_much += command(cmd_region_read, access(0, bar_size));
  int said = 0;
  while (!session->wants_to_send() && said < 10'000) {
    said++;
    say(ask_much);
    ASSERT_EQ(turn(), "");
  }
  ASSERT_TRUE(session->wants_to_send());
  EXPECT_LT(session->counts().reads, static_cast<uint64_t>(said) * 64) << "the rest waits";
  int answers = 0;
  while (answers < said * 64) {
    while (reply()) answers++;
    ASSERT_EQ(turn(), "");
  }
  EXPECT_FALSE(session->wants_to_send());
  EXPECT_FALSE(reply());
}

TEST_F(vfio_user_session, what_came_is_counted) {
  agree();
  ask(cmd_region_read, access(0, 4));
  ask(cmd_region_write, access(0, 1) + "x");
  ask(cmd_region_write, access(0, 1) + "x");
  EXPECT_EQ(session->counts().reads, 1U);
  EXPECT_EQ(session->counts().writes, 2U);
  EXPECT_EQ(session->counts().others, 1U);
}

}  // namespace
