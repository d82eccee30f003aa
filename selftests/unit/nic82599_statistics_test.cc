// SPDX-License-Identifier: GPL-2.0-only

#include "nic82599_world.hh"
#include "tools/nic82599/statistics.hh"

namespace {

using namespace pika::nic82599;

struct nic82599_statistics : testing::Test, World {
  void SetUp() override {
    start_rx(0);
    start_rx(1);
    start_tx(0);
    start_tx(1);
  }
  Frame frame(size_t size, std::string_view to = "001b21825990") {
    return ethernet(0x1234, Frame(size - 14), to);
  }
};

TEST_F(nic82599_statistics, sizes__fcs_included_both_ways) {
  constexpr size_t sizes[] = {60, 61, 123, 124, 251, 252, 507, 508, 1019, 1020, 1514};
  constexpr uint32_t counts[] = {1, 2, 2, 2, 2, 2};
  uint32_t i = 0;
  uint32_t bytes = 0;
  for (const size_t size : sizes) {
    card.receive(frame(size));
    send(0, i++, frame(size));
    bytes += static_cast<uint32_t>(size) + 4;
  }
  for (uint32_t n = 0; n < 6; n++) {
    EXPECT_EQ(read(reg::prc64 + 4 * n), counts[n]) << n;
    EXPECT_EQ(read(reg::ptc64 + 4 * n), counts[n]) << n;
  }
  EXPECT_EQ(read(reg::gprc), 11u);
  EXPECT_EQ(read(reg::gptc), 11u);
  EXPECT_EQ(read(reg::gorcl), bytes);
  EXPECT_EQ(read(reg::gotcl), bytes);
  EXPECT_EQ(read(reg::torl), bytes);
  EXPECT_EQ(read(reg::tpr), 11u);
  EXPECT_EQ(read(reg::tpt), 11u);
}

TEST_F(nic82599_statistics, groups__broadcast_is_not_multicast) {
  set(reg::fctrl, reg::fctrl_mpe);
  card.receive(frame(60, "ffffffffffff"));
  card.receive(frame(60, "01005e000001"));
  card.receive(frame(60, "01005e000001"));
  EXPECT_EQ(read(reg::bprc), 1u);
  EXPECT_EQ(read(reg::mprc), 2u);
  send(0, 0, frame(60, "ffffffffffff"));
  send(0, 1, frame(60, "01005e000001"));
  EXPECT_EQ(read(reg::bptc), 1u);
  EXPECT_EQ(read(reg::mptc), 1u);
}

TEST_F(nic82599_statistics, queues__count_where_they_are_mapped) {
  write(reg::rqsmr, 0x0f02);  // queue 0 counts in 2, queue 1 in 15
  write(reg::tqsm, 0x0104);
  write(reg::mrqc, 1 | reg::bit(16));
  for (uint32_t i = 0; i < 32; i++) write(reg::reta + 4 * i, 0x01010101);
  card.receive(Packet{}.frame());
  card.receive(ethernet(0x1234, Frame(50)));
  EXPECT_EQ(read(reg::qprc(15)), 1u);
  EXPECT_EQ(read(reg::qprc(2)), 1u);
  EXPECT_EQ(read(reg::qbrc(2)), 68u);
  EXPECT_EQ(read(reg::qprc(0)), 0u);
  send(1, 0, frame(60));
  EXPECT_EQ(read(reg::qptc(1)), 1u);
  EXPECT_EQ(read(reg::qbtc(1)), 64u);
}

TEST_F(nic82599_statistics, octets__carry_into_the_high_register) {
  Registers registers;
  Statistics statistics(registers);
  registers[reg::torl] = 0xffffffff;
  registers[reg::torl + 4] = 0xf;
  statistics.arrived(60);
  EXPECT_EQ(registers[reg::torl], 63u);
  EXPECT_EQ(registers[reg::torl + 4], 0u) << "36 bits";
}

TEST_F(nic82599_statistics, totals__do_not_clear) {
  card.receive(frame(60));
  send(0, 0, frame(100));
  read(reg::gprc);
  write(reg::ctrl, reg::bit(26));
  EXPECT_EQ(card.totals().received, 1u);
  EXPECT_EQ(card.totals().received_bytes, 60u);
  EXPECT_EQ(card.totals().sent, 1u);
  EXPECT_EQ(card.totals().sent_bytes, 100u);
}

}  // namespace
