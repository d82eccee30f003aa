// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/module.hh"

#include <gtest/gtest.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <cerrno>

#include "libpika/message.hh"

namespace {

/// A reply to module-get as the kernel would send it, without attributes yet.
class module : public testing::Test {
 protected:
  module() :reply_(nlmsg_alloc()) {
    genlmsg_put(reply_.get(), 0, 0, 0x20, 0, 0, PIKA_CMD_MODULE_GET, PIKA_GENL_VERSION);
  }

  void put_version(const char* version) {
    nla_put_string(reply_.get(), PIKA_A_MODULE_VERSION, version);
  }
  void put_abi(uint32_t abi) { nla_put_u32(reply_.get(), PIKA_A_MODULE_ABI, abi); }
  auto parse() { return pika::parse_module(nlmsg_hdr(reply_.get())); }

  pika::Message reply_;
};

TEST_F(module, parse__reads_version_and_abi) {
  put_version("1.2.3");
  put_abi(7);
  const auto info = parse();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, "1.2.3");
  EXPECT_EQ(info->abi, 7u);
}

TEST_F(module, parse__ignores_attributes_of_newer_kernels) {
  put_version("1.2.3");
  put_abi(7);
  nla_put_u64(reply_.get(), PIKA_A_MODULE_MAX + 1, 1);
  EXPECT_TRUE(parse());
}

TEST_F(module, parse__missing_abi_is_an_error) {
  put_version("1.2.3");
  const auto info = parse();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, EBADMSG);
  EXPECT_EQ(info.error().text, "pika.ko: reply to module-get lacks version or abi");
}

TEST_F(module, parse__short_abi_is_an_error) {
  put_version("1.2.3");
  nla_put_u16(reply_.get(), PIKA_A_MODULE_ABI, 7);
  const auto info = parse();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, EBADMSG);
}

TEST_F(module, parse__version_without_its_nul_is_an_error) {
  nla_put(reply_.get(), PIKA_A_MODULE_VERSION, 3, "1.2");
  put_abi(7);
  EXPECT_FALSE(parse());
}

TEST_F(module, parse__message_without_generic_header_is_an_error) {
  nlmsg_hdr(reply_.get())->nlmsg_len = NLMSG_HDRLEN + 2;
  EXPECT_FALSE(parse());
}

}  // namespace
