// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <cerrno>
#include <vector>

#include "libpika/event.hh"
#include "libpika/message.hh"

namespace {

using pika::EventKind;

/// An event as the kernel would send it, with its kind only yet.
class libpika_event : public testing::Test {
 protected:
  libpika_event() : message_(nlmsg_alloc()) {
    genlmsg_put(message_.get(), 0, 0, 0x20, 0, 0, PIKA_CMD_EVENT, PIKA_GENL_VERSION);
  }

  void put_kind(uint32_t kind) { nla_put_u32(message_.get(), PIKA_A_EVENT_KIND, kind); }
  void put_listener(size_t address_length) {
    const std::vector<uint8_t> address = {0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    nla_put_u32(message_.get(), PIKA_A_EVENT_NUMBER, 7);
    nla_put(message_.get(), PIKA_A_EVENT_ADDR, static_cast<int>(address_length), address.data());
    nla_put_u16(message_.get(), PIKA_A_EVENT_PORT, 443);
    nla_put_u8(message_.get(), PIKA_A_EVENT_V6ONLY, 1);
  }
  auto parse() { return pika::parse_event(nlmsg_hdr(message_.get())); }
  void expect_malformed() {
    const auto event = parse();
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().code, EBADMSG);
  }

  pika::Message message_;
};

TEST_F(libpika_event, parse__a_stack_that_was_stopped_by_force) {
  put_kind(PIKA_EVENT_STACK_STOPPED);
  nla_put_string(message_.get(), PIKA_A_EVENT_COMPOSITION, "TS1LS1CM1");
  nla_put_flag(message_.get(), PIKA_A_EVENT_FORCED);
  const auto event = parse();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, EventKind::stack_stopped);
  EXPECT_EQ(event->composition, "TS1LS1CM1");
  EXPECT_TRUE(event->forced);
}

TEST_F(libpika_event, parse__links_that_somebody_has_added_and_removed) {
  put_kind(PIKA_EVENT_LINK_ADDED);
  expect_malformed();
  nla_put_string(message_.get(), PIKA_A_EVENT_LINK, "eth1");
  const auto added = parse();
  ASSERT_TRUE(added);
  EXPECT_EQ(added->kind, EventKind::link_added);
  EXPECT_EQ(added->link, "eth1");
  put_kind(PIKA_EVENT_LINK_REMOVED);
  const auto removed = parse();
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->kind, EventKind::link_removed);
}

TEST_F(libpika_event, parse__a_stack_that_was_started) {
  put_kind(PIKA_EVENT_STACK_STARTED);
  nla_put_string(message_.get(), PIKA_A_EVENT_COMPOSITION, "TS1LS1CM1");
  const auto event = parse();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, EventKind::stack_started);
  EXPECT_FALSE(event->forced);
}

TEST_F(libpika_event, parse__a_link) {
  put_kind(PIKA_EVENT_LINK_GONE);
  nla_put_string(message_.get(), PIKA_A_EVENT_LINK, "eth0");
  const auto event = parse();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, EventKind::link_gone);
  EXPECT_EQ(event->link, "eth0");
}

TEST_F(libpika_event, parse__a_listener) {
  put_kind(PIKA_EVENT_LISTENER_ADDED);
  put_listener(16);
  const auto event = parse();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, EventKind::listener_added);
  ASSERT_TRUE(event->listener);
  EXPECT_EQ(event->listener->number, 7u);
  EXPECT_EQ(event->listener->address, "fd09::1");
  EXPECT_EQ(event->listener->port, 443);
  EXPECT_TRUE(event->listener->v6only);
}

TEST_F(libpika_event, parse__a_core) {
  put_kind(PIKA_EVENT_CORE_KEPT);
  nla_put_u32(message_.get(), PIKA_A_EVENT_CORE, 0);
  const auto event = parse();
  ASSERT_TRUE(event);
  ASSERT_TRUE(event->core);
  EXPECT_EQ(*event->core, 0u);
}

TEST_F(libpika_event, parse__without_what_its_kind_wants_is_an_error) {
  put_kind(PIKA_EVENT_LINK_UP);
  nla_put_string(message_.get(), PIKA_A_EVENT_COMPOSITION, "TS1LS1CM1");
  expect_malformed();
}

TEST_F(libpika_event, parse__without_a_kind_is_an_error) { expect_malformed(); }

TEST_F(libpika_event, parse__an_unknown_kind_is_an_error) {
  put_kind(1000);
  expect_malformed();
}

TEST_F(libpika_event, parse__a_short_address_is_an_error) {
  put_kind(PIKA_EVENT_LISTENER_REMOVED);
  put_listener(4);
  expect_malformed();
}

/// What nlctrl says of a family.
std::optional<EventKind> said_of(const char* family, uint8_t command) {
  const pika::Message message(nlmsg_alloc());
  genlmsg_put(message.get(), 0, 0, GENL_ID_CTRL, 0, 0, command, 2);
  if (family) nla_put_string(message.get(), CTRL_ATTR_FAMILY_NAME, family);
  return pika::parse_family_event(nlmsg_hdr(message.get()));
}

TEST(libpika_family_event, parse__knows_of_pika_only) {
  EXPECT_EQ(said_of("pika", CTRL_CMD_NEWFAMILY), EventKind::module_loaded);
  EXPECT_EQ(said_of("pika", CTRL_CMD_DELFAMILY), EventKind::module_unloaded);
  EXPECT_EQ(said_of("pika", CTRL_CMD_NEWMCAST_GRP), std::nullopt);
  EXPECT_EQ(said_of("pika2", CTRL_CMD_NEWFAMILY), std::nullopt);
  EXPECT_EQ(said_of(nullptr, CTRL_CMD_NEWFAMILY), std::nullopt);
}

}  // namespace
