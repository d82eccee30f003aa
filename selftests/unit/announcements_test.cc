// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/announcements.hh"

#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <string>

#include "libpika/message.hh"

namespace {

/// What the controller says of a family.
bool about_module(uint8_t command, const char* family, int type = GENL_ID_CTRL) {
  const pika::Message message(nlmsg_alloc());
  genlmsg_put(message.get(), 0, 0, type, 0, 0, command, 2);
  if (family) nla_put_string(message.get(), CTRL_ATTR_FAMILY_NAME, family);
  return pika::is_about_module(nlmsg_hdr(message.get()));
}

TEST(announcements, the_module_s_coming_and_going_is_heard) {
  EXPECT_TRUE(about_module(CTRL_CMD_NEWFAMILY, "pika"));
  EXPECT_TRUE(about_module(CTRL_CMD_DELFAMILY, "pika"));
}

TEST(announcements, that_of_others_is_not) {
  EXPECT_FALSE(about_module(CTRL_CMD_NEWFAMILY, "pikachu"));
  EXPECT_FALSE(about_module(CTRL_CMD_NEWFAMILY, "pik"));
  EXPECT_FALSE(about_module(CTRL_CMD_NEWFAMILY, nullptr));
  EXPECT_FALSE(about_module(CTRL_CMD_NEWMCAST_GRP, "pika"));
  EXPECT_FALSE(about_module(CTRL_CMD_NEWFAMILY, "pika", GENL_ID_CTRL + 5));
}

TEST(announcements, a_message_without_its_header_is_nobody_s) {
  const pika::Message message(nlmsg_alloc_simple(GENL_ID_CTRL, 0));
  EXPECT_FALSE(pika::is_about_module(nlmsg_hdr(message.get())));
}

TEST(announcements, devices_come_and_go) {
  for (const int type : {RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_NEWROUTE}) {
    const pika::Message message(nlmsg_alloc_simple(type, 0));
    EXPECT_EQ(pika::is_about_link(nlmsg_hdr(message.get())), type <= RTM_DELLINK);
  }
}

TEST(announcements, where_nothing_happens_nothing_is_heard) {
  auto module = pika::Announcements::of_module();
  auto links = pika::Announcements::of_links(nullptr);
  ASSERT_TRUE(module);
  ASSERT_TRUE(links);
  EXPECT_FALSE(module->read());
}

}  // namespace
