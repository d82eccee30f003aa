// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <cerrno>
#include <vector>

#include "libpika/listener.hh"
#include "libpika/message.hh"

namespace {

/// A reply to listener-get as the kernel would send it, without attributes yet.
class libpika_listener : public testing::Test {
 protected:
  libpika_listener() : reply_(nlmsg_alloc()) {
    genlmsg_put(reply_.get(), 0, 0, 0x20, 0, 0, PIKA_CMD_LISTENER_GET, PIKA_GENL_VERSION);
  }

  void put_all_but_address() {
    nla_put_u32(reply_.get(), PIKA_A_LISTENER_NUMBER, 3);
    nla_put_u16(reply_.get(), PIKA_A_LISTENER_PORT, 80);
    nla_put_u8(reply_.get(), PIKA_A_LISTENER_V6ONLY, 1);
    nla_put_u32(reply_.get(), PIKA_A_LISTENER_BACKLOG, 511);
    nla_put_u32(reply_.get(), PIKA_A_LISTENER_OFFERED, 4);
    nla_put_u32(reply_.get(), PIKA_A_LISTENER_CLAIMED, 5);
    nla_put_u32(reply_.get(), PIKA_A_LISTENER_ACCEPTORS, 200);
  }
  void put_address(const std::vector<uint8_t>& bytes) {
    nla_put(reply_.get(), PIKA_A_LISTENER_ADDR, static_cast<int>(bytes.size()), bytes.data());
  }
  void put_acceptor(uint32_t pid, bool with_server = true) {
    nlattr* nest = nla_nest_start(reply_.get(), PIKA_A_LISTENER_ACCEPTOR);
    nla_put_u32(reply_.get(), PIKA_A_ACCEPTOR_PID, pid);
    nla_put_u8(reply_.get(), PIKA_A_ACCEPTOR_REGISTERED, 1);
    if (with_server) nla_put_u32(reply_.get(), PIKA_A_ACCEPTOR_SERVER, 2);
    nla_nest_end(reply_.get(), nest);
  }
  auto parse() { return pika::parse_listener(nlmsg_hdr(reply_.get())); }

  pika::Message reply_;
};

TEST_F(libpika_listener, parse__reads_all_that_is_told) {
  put_all_but_address();
  put_address({0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  put_acceptor(41);
  put_acceptor(42);
  const auto listener = parse();
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->number, 3u);
  EXPECT_EQ(listener->address, "fd09::1");
  EXPECT_EQ(listener->port, 80);
  EXPECT_TRUE(listener->v6only);
  EXPECT_EQ(listener->backlog, 511u);
  EXPECT_EQ(listener->offered, 4u);
  EXPECT_EQ(listener->claimed, 5u);
  EXPECT_EQ(listener->acceptors_len, 200u);
  ASSERT_EQ(listener->acceptors.size(), 2u);
  EXPECT_EQ(listener->acceptors[1].pid, 42u);
  EXPECT_EQ(listener->acceptors[1].server, 2u);
  EXPECT_TRUE(listener->acceptors[1].registered);
}

TEST_F(libpika_listener, parse__shows_a_mapped_address_as_ipv4) {
  put_all_but_address();
  put_address({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 1});
  const auto listener = parse();
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->address, "10.9.0.1");
}

TEST_F(libpika_listener, parse__a_missing_address_is_an_error) {
  put_all_but_address();
  const auto listener = parse();
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, EBADMSG);
}

TEST_F(libpika_listener, parse__a_short_address_is_an_error) {
  put_all_but_address();
  put_address({10, 9, 0, 1});
  EXPECT_FALSE(parse());
}

TEST_F(libpika_listener, parse__an_acceptor_without_its_server_is_an_error) {
  put_all_but_address();
  put_address(std::vector<uint8_t>(16));
  put_acceptor(41, false);
  EXPECT_FALSE(parse());
}

}  // namespace
