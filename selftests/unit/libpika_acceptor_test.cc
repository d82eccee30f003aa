// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <cerrno>
#include <vector>

#include "libpika/acceptor.hh"
#include "libpika/message.hh"

namespace {

/// A reply to acceptor-get as the kernel would send it, without attributes yet.
class libpika_acceptor : public testing::Test {
 protected:
  libpika_acceptor() : reply_(nlmsg_alloc()) {
    genlmsg_put(reply_.get(), 0, 0, 0x20, 0, 0, PIKA_CMD_ACCEPTOR_GET, PIKA_GENL_VERSION);
  }

  /// Numbers are those of their attributes.
  void put_acceptor(int without = 0) {
    const std::vector<uint8_t> address = {0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    nlattr* nest = nla_nest_start(reply_.get(), PIKA_A_ACCEPTORS_ACCEPTOR);
    for (int number = 1; number <= PIKA_A_ACCEPTOR_MAX; number++) {
      if (number == without) continue;
      if (number == PIKA_A_ACCEPTOR_REGISTERED)
        nla_put_u8(reply_.get(), number, 1);
      else if (number == PIKA_A_ACCEPTOR_ADDR)
        nla_put(reply_.get(), number, static_cast<int>(address.size()), address.data());
      else if (number == PIKA_A_ACCEPTOR_PORT)
        nla_put_u16(reply_.get(), number, 80);
      else
        nla_put_u32(reply_.get(), number, static_cast<uint32_t>(number));
    }
    nla_nest_end(reply_.get(), nest);
  }
  auto parse() { return pika::parse_acceptors(nlmsg_hdr(reply_.get())); }

  pika::Message reply_;
};

TEST_F(libpika_acceptor, parse__reads_all_that_is_told) {
  put_acceptor();
  nla_put_u64(reply_.get(), PIKA_A_ACCEPTORS_CURSOR, 9);
  const auto some = parse();
  ASSERT_TRUE(some);
  EXPECT_EQ(some->cursor, 9u);
  ASSERT_EQ(some->all.size(), 1u);
  const auto& a = some->all[0];
  EXPECT_EQ(a.pid, static_cast<uint32_t>(PIKA_A_ACCEPTOR_PID));
  EXPECT_TRUE(a.registered);
  EXPECT_EQ(a.address, "fd09::1");
  EXPECT_EQ(a.port, 80);
  EXPECT_EQ(a.listener, static_cast<uint32_t>(PIKA_A_ACCEPTOR_LISTENER));
  EXPECT_EQ(a.open, static_cast<uint32_t>(PIKA_A_ACCEPTOR_OPEN));
  EXPECT_EQ(a.service_us, static_cast<uint32_t>(PIKA_A_ACCEPTOR_SERVICE_US));
  EXPECT_EQ(a.claim_us, static_cast<uint32_t>(PIKA_A_ACCEPTOR_CLAIM_US));
  EXPECT_EQ(a.claimed, static_cast<uint32_t>(PIKA_A_ACCEPTOR_CLAIMED));
  EXPECT_EQ(a.timeouts, static_cast<uint32_t>(PIKA_A_ACCEPTOR_TIMEOUTS));
}

TEST_F(libpika_acceptor, parse__one_that_lacks_anything_is_an_error) {
  put_acceptor(PIKA_A_ACCEPTOR_CLAIMED);
  const auto some = parse();
  ASSERT_FALSE(some);
  EXPECT_EQ(some.error().code, EBADMSG);
}

}  // namespace
