// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <cerrno>
#include <vector>

#include "libpika/connection.hh"
#include "libpika/message.hh"

namespace {

/// A reply to connection-get as the kernel would send it, without attributes yet.
class libpika_connection : public testing::Test {
 protected:
  libpika_connection() : reply_(nlmsg_alloc()) {
    genlmsg_put(reply_.get(), 0, 0, 0x20, 0, 0, PIKA_CMD_CONNECTION_GET, PIKA_GENL_VERSION);
  }

  /// Numbers are those of their attributes, but for what a test looks at.
  void put_connection(bool owned, int without = 0, size_t address_size = 16) {
    nlattr* nest = nla_nest_start(reply_.get(), PIKA_A_CONNECTIONS_CONNECTION);
    for (int number = 1; number <= PIKA_A_CONNECTION_RETRIES; number++)
      if (number != without) put_attribute(number, address_size);
    if (owned) {
      nla_put_u32(reply_.get(), PIKA_A_CONNECTION_CPU, 3);
      nla_put_u32(reply_.get(), PIKA_A_CONNECTION_UID, 33);
      nla_put_u64(reply_.get(), PIKA_A_CONNECTION_INODE, 1ULL << 33);
    }
    nla_nest_end(reply_.get(), nest);
  }
  void put_attribute(int number, size_t address_size) {
    const std::vector<uint8_t> address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 1};
    switch (number) {
      case PIKA_A_CONNECTION_STATE:
        nla_put_u8(reply_.get(), number, 1);
        break;
      case PIKA_A_CONNECTION_LOCAL:
      case PIKA_A_CONNECTION_REMOTE:
        nla_put(reply_.get(), number, static_cast<int>(address_size), address.data());
        break;
      case PIKA_A_CONNECTION_LOCAL_PORT:
      case PIKA_A_CONNECTION_REMOTE_PORT:
        nla_put_u16(reply_.get(), number, static_cast<uint16_t>(number));
        break;
      default:
        nla_put_u32(reply_.get(), number, static_cast<uint32_t>(number));
    }
  }
  auto parse() { return pika::parse_connections(nlmsg_hdr(reply_.get())); }

  pika::Message reply_;
};

TEST_F(libpika_connection, parse__reads_all_that_is_told) {
  put_connection(true);
  put_connection(false);
  nla_put_u64(reply_.get(), PIKA_A_CONNECTIONS_CURSOR, 1ULL << 32 | 7);
  const auto some = parse();
  ASSERT_TRUE(some);
  EXPECT_EQ(some->cursor, 1ULL << 32 | 7);
  ASSERT_EQ(some->all.size(), 2u);
  const auto& c = some->all[0];
  EXPECT_EQ(c.server, static_cast<uint32_t>(PIKA_A_CONNECTION_SERVER));
  EXPECT_EQ(c.state, 1);
  EXPECT_EQ(c.local.address, "10.9.0.1");
  EXPECT_EQ(c.local.port, PIKA_A_CONNECTION_LOCAL_PORT);
  EXPECT_EQ(c.remote.port, PIKA_A_CONNECTION_REMOTE_PORT);
  EXPECT_EQ(c.recv_queue, static_cast<uint32_t>(PIKA_A_CONNECTION_RECV_QUEUE));
  EXPECT_EQ(c.send_queue, static_cast<uint32_t>(PIKA_A_CONNECTION_SEND_QUEUE));
  EXPECT_EQ(c.rtt_us, static_cast<uint32_t>(PIKA_A_CONNECTION_RTT_US));
  EXPECT_EQ(c.receive_window, static_cast<uint32_t>(PIKA_A_CONNECTION_RECEIVE_WINDOW));
  EXPECT_EQ(c.retries, static_cast<uint32_t>(PIKA_A_CONNECTION_RETRIES));
  ASSERT_TRUE(c.owner);
  EXPECT_EQ(c.owner->cpu, 3u);
  EXPECT_EQ(c.owner->uid, 33u);
  EXPECT_EQ(c.owner->inode, 1ULL << 33);
  EXPECT_FALSE(some->all[1].owner);
}

TEST_F(libpika_connection, parse__the_last_answer_has_no_cursor_and_may_be_empty) {
  const auto some = parse();
  ASSERT_TRUE(some);
  EXPECT_FALSE(some->cursor);
  EXPECT_TRUE(some->all.empty());
}

TEST_F(libpika_connection, parse__a_connection_that_lacks_anything_is_an_error) {
  put_connection(true, PIKA_A_CONNECTION_CWND);
  const auto some = parse();
  ASSERT_FALSE(some);
  EXPECT_EQ(some.error().code, EBADMSG);
}

TEST_F(libpika_connection, parse__a_short_address_is_an_error) {
  put_connection(true, 0, 4);
  EXPECT_FALSE(parse());
}

}  // namespace
