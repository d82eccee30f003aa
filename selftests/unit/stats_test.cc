// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/stats.hh"

#include <gtest/gtest.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <cerrno>

#include "libpika/message.hh"

namespace {

/// A reply to stats-get as the kernel would send it, without attributes yet.
class stats : public testing::Test {
 protected:
  stats() : reply_(nlmsg_alloc()) {
    genlmsg_put(reply_.get(), 0, 0, 0x20, 0, 0, PIKA_CMD_STATS_GET, PIKA_GENL_VERSION);
  }

  void put_numbers() {
    nla_put_u32(reply_.get(), PIKA_A_STATS_ADDRESS, 1);
    nla_put_u32(reply_.get(), PIKA_A_STATS_ADDRESSES, 4);
    nla_put_u32(reply_.get(), PIKA_A_STATS_SERVERS, 2);
    nla_put_u32(reply_.get(), PIKA_A_STATS_CORE, 7);
  }
  void put_counter(const char* name, uint64_t value, const char* meaning) {
    nlattr* nest = nla_nest_start(reply_.get(), PIKA_A_COMPONENT_COUNTER);
    if (name) nla_put_string(reply_.get(), PIKA_A_COUNTER_NAME, name);
    nla_put_u64(reply_.get(), PIKA_A_COUNTER_VALUE, value);
    if (meaning) nla_put_string(reply_.get(), PIKA_A_COUNTER_MEANING, meaning);
    nla_nest_end(reply_.get(), nest);
  }
  nlattr* begin_component(const char* name) {
    nlattr* nest = nla_nest_start(reply_.get(), PIKA_A_STATS_COMPONENT);
    if (name) nla_put_string(reply_.get(), PIKA_A_COMPONENT_NAME, name);
    return nest;
  }
  void end_component(nlattr* nest) { nla_nest_end(reply_.get(), nest); }
  auto parse() { return pika::parse_stats(nlmsg_hdr(reply_.get())); }

  pika::Message reply_;
};

TEST_F(stats, parse__reads_each_counter_of_each_component) {
  put_numbers();
  nlattr* link = begin_component("link");
  put_counter("received", 1ULL << 40, "packets taken");
  put_counter("syns", 3, nullptr);
  end_component(link);
  end_component(begin_component("ts"));

  const auto read = parse();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->address, 1u);
  EXPECT_EQ(read->addresses, 4u);
  EXPECT_EQ(read->core, 7u);
  EXPECT_TRUE(read->of_server());
  ASSERT_EQ(read->components.size(), 2u);
  ASSERT_EQ(read->components[0].counters.size(), 2u);
  EXPECT_EQ(read->components[0].name, "link");
  EXPECT_EQ(read->components[0].counters[0].name, "received");
  EXPECT_EQ(read->components[0].counters[0].value, 1ULL << 40);
  EXPECT_EQ(read->components[0].counters[0].meaning, "packets taken");
  EXPECT_EQ(read->components[0].counters[1].value, 3u);
  EXPECT_EQ(read->components[0].counters[1].meaning, "");
  EXPECT_EQ(read->components[1].name, "ts");
  EXPECT_TRUE(read->components[1].counters.empty());
}

TEST_F(stats, parse__endpoints_follow_servers) {
  nla_put_u32(reply_.get(), PIKA_A_STATS_ADDRESS, 2);
  nla_put_u32(reply_.get(), PIKA_A_STATS_ADDRESSES, 4);
  nla_put_u32(reply_.get(), PIKA_A_STATS_SERVERS, 2);
  nla_put_u32(reply_.get(), PIKA_A_STATS_CORE, 0);
  const auto read = parse();
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->of_server());
}

TEST_F(stats, parse__ignores_attributes_of_newer_kernels) {
  put_numbers();
  nlattr* link = begin_component("link");
  nla_put_u64(reply_.get(), PIKA_A_COMPONENT_MAX + 1, 1);
  put_counter("syns", 3, nullptr);
  end_component(link);
  nla_put_u64(reply_.get(), PIKA_A_STATS_MAX + 1, 1);
  const auto read = parse();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->components.at(0).counters.size(), 1u);
}

TEST_F(stats, parse__a_missing_number_is_an_error) {
  nla_put_u32(reply_.get(), PIKA_A_STATS_ADDRESS, 1);
  const auto read = parse();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, EBADMSG);
  EXPECT_EQ(read.error().text, "pika.ko: reply to stats-get lacks attribute 3");
}

TEST_F(stats, parse__a_counter_without_a_name_is_an_error) {
  put_numbers();
  nlattr* link = begin_component("link");
  put_counter(nullptr, 3, nullptr);
  end_component(link);
  EXPECT_FALSE(parse());
}

TEST_F(stats, parse__a_component_without_a_name_is_an_error) {
  put_numbers();
  nlattr* nameless = begin_component(nullptr);
  put_counter("syns", 3, nullptr);
  end_component(nameless);
  const auto read = parse();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, EBADMSG);
}

TEST_F(stats, parse__a_short_value_is_an_error) {
  put_numbers();
  nlattr* link = begin_component("link");
  nlattr* nest = nla_nest_start(reply_.get(), PIKA_A_COMPONENT_COUNTER);
  nla_put_string(reply_.get(), PIKA_A_COUNTER_NAME, "syns");
  nla_put_u32(reply_.get(), PIKA_A_COUNTER_VALUE, 3);
  nla_nest_end(reply_.get(), nest);
  end_component(link);
  EXPECT_FALSE(parse());
}

TEST_F(stats, request__names_our_abi_and_the_address) {
  nl_msg* request = reply_.get();
  ASSERT_TRUE(pika::put_stats_request(request, 9));
  nlattr* abi = nlmsg_find_attr(nlmsg_hdr(request), GENL_HDRLEN, PIKA_A_STATS_ABI);
  nlattr* address = nlmsg_find_attr(nlmsg_hdr(request), GENL_HDRLEN, PIKA_A_STATS_ADDRESS);
  ASSERT_TRUE(abi && address);
  EXPECT_EQ(nla_get_u32(abi), static_cast<uint32_t>(PIKA_ABI));
  EXPECT_EQ(nla_get_u32(address), 9u);
}

}  // namespace
