// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/stack.hh"

#include <gtest/gtest.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <cerrno>

#include "libpika/message.hh"

namespace {

/// A message with a generic netlink header and no attributes yet.
class stack : public testing::Test {
 protected:
  stack() : message_(nlmsg_alloc()) {
    genlmsg_put(message_.get(), 0, 0, 0x20, 0, 0, PIKA_CMD_STACK_GET, PIKA_GENL_VERSION);
  }

  /// What the kernel would send, up to attribute number @p last.
  void put_up_to(int last) {
    nla_put_string(message_.get(), PIKA_A_STACK_COMPOSITION, "TS2LS2CM1");
    nla_put_string(message_.get(), PIKA_A_STACK_LINKS, "eth0,eth1");
    nla_put_string(message_.get(), PIKA_A_STACK_CORES, "0-1");
    for (int each = PIKA_A_STACK_IDLE_US; each <= last; each++)
      nla_put_u32(message_.get(), each, static_cast<uint32_t>(each));
  }
  void put_rest() {
    nla_put_u32(message_.get(), PIKA_A_STACK_FIREWALL, PIKA_FIREWALL_NONE);
    nla_put_string(message_.get(), PIKA_A_STACK_ALLOW, "gid:33");
  }
  auto parse() { return pika::parse_stack(nlmsg_hdr(message_.get())); }
  nlattr* find(int type) { return nlmsg_find_attr(nlmsg_hdr(message_.get()), GENL_HDRLEN, type); }

  pika::Message message_;
};

TEST_F(stack, parse__reads_everything) {
  put_up_to(PIKA_A_STACK_FLOWS);
  put_rest();
  const auto info = parse();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->config.composition, "TS2LS2CM1");
  EXPECT_EQ(info->config.links, "eth0,eth1");
  EXPECT_EQ(info->config.cores, "0-1");
  EXPECT_EQ(info->config.idle_us, static_cast<uint32_t>(PIKA_A_STACK_IDLE_US));
  EXPECT_EQ(info->config.max_conns, static_cast<uint32_t>(PIKA_A_STACK_MAX_CONNS));
  EXPECT_EQ(info->servers, static_cast<uint32_t>(PIKA_A_STACK_SERVERS));
  EXPECT_EQ(info->sockets, static_cast<uint32_t>(PIKA_A_STACK_SOCKETS));
  EXPECT_EQ(info->lingering, static_cast<uint32_t>(PIKA_A_STACK_LINGERING));
  EXPECT_EQ(info->flows, static_cast<uint32_t>(PIKA_A_STACK_FLOWS));
  EXPECT_EQ(info->config.firewall, PIKA_FIREWALL_NONE);
  EXPECT_EQ(info->config.allow, "gid:33");
}

TEST_F(stack, parse__missing_attribute_is_an_error) {
  put_up_to(PIKA_A_STACK_FLOWS - 1);
  put_rest();
  const auto info = parse();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, EBADMSG);
}

TEST_F(stack, parse__short_number_is_an_error) {
  put_up_to(PIKA_A_STACK_FLOWS - 1);
  nla_put_u16(message_.get(), PIKA_A_STACK_FLOWS, 1);
  put_rest();
  EXPECT_FALSE(parse());
}

TEST_F(stack, parse__without_its_firewall_is_an_error) {
  put_up_to(PIKA_A_STACK_FLOWS);
  EXPECT_FALSE(parse());
}

TEST_F(stack, put__leaves_out_cores_that_were_not_named) {
  const pika::StackConfig config{
      .composition = "TS1LS1CM1", .links = "eth0", .cores = {}, .idle_us = 50, .allow = {}};
  ASSERT_TRUE(pika::put_stack(message_.get(), config));
  EXPECT_STREQ(nla_get_string(find(PIKA_A_STACK_COMPOSITION)), "TS1LS1CM1");
  EXPECT_STREQ(nla_get_string(find(PIKA_A_STACK_LINKS)), "eth0");
  EXPECT_EQ(nla_get_u32(find(PIKA_A_STACK_IDLE_US)), 50u);
  EXPECT_EQ(nla_get_u32(find(PIKA_A_STACK_FIREWALL)), PIKA_FIREWALL_SYN);
  EXPECT_EQ(find(PIKA_A_STACK_CORES), nullptr);
  EXPECT_EQ(find(PIKA_A_STACK_ALLOW), nullptr);
}

}  // namespace
