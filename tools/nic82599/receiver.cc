// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/receiver.hh"

#include <algorithm>

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/checksum.hh"
#include "tools/nic82599/filters.hh"
#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

constexpr size_t addresses = 12;
constexpr size_t tag_size = 4;
constexpr size_t shortest = 60;
constexpr size_t fcs = 4;

// Status and errors in descriptors.
constexpr uint32_t flow_matched = reg::bit(2), tag_removed = reg::bit(3),
                   transport_checked = reg::bit(5), ip_checked = reg::bit(6),
                   inexact_match = reg::bit(7), transport_error = reg::bit(30),
                   ip_error = reg::bit(31);

// Kinds of packets.
constexpr uint32_t packet_v4 = reg::bit(4), packet_v4_extended = reg::bit(5),
                   packet_v6 = reg::bit(6), packet_v6_extended = reg::bit(7),
                   packet_tcp = reg::bit(8), packet_udp = reg::bit(9), packet_sctp = reg::bit(10);
constexpr uint32_t flow_director_info = 0xf;  // in place of the kind of hash

uint32_t packet_kind(const Headers& headers) {
  uint32_t kind = 0;
  if (headers.ip == Ip::v4) kind |= packet_v4 | (headers.ip_extended ? packet_v4_extended : 0);
  if (headers.ip == Ip::v6) kind |= packet_v6 | (headers.ip_extended ? packet_v6_extended : 0);
  if (headers.transport == Transport::tcp) kind |= packet_tcp;
  if (headers.transport == Transport::udp) kind |= packet_udp;
  if (headers.transport == Transport::sctp) kind |= packet_sctp;
  return kind;
}

uint32_t checksum_status(ConstBytes frame, const Headers& headers) {
  uint32_t status = 0;
  const Checked ip = check_ip(frame, headers);
  if (ip != Checked::no) status |= ip_checked;
  if (ip == Checked::bad) status |= ip_error;
  const Checked transport = check_transport(frame, headers);
  if (transport != Checked::no) status |= transport_checked;
  if (transport == Checked::bad) status |= transport_error;
  return status;
}

}  // namespace

void Receiver::receive(ConstBytes frame) {
  if (frame.size() < 14 || frame.size() + tag_size + fcs > largest ||
      !(parts_.registers[reg::rxctrl] & reg::rxctrl_rxen)) {
    parts_.statistics.dropped();
    return;
  }
  frame = padded(frame);
  parts_.statistics.arrived(frame.size());
  const auto tag_type = static_cast<uint16_t>(parts_.registers[reg::vlnctrl]);
  const Headers headers = parse(frame, tag_type);
  if (frame.size() > longest_frame(parts_.registers, headers.tagged)) {
    parts_.statistics.too_long();
    return;
  }
  const Match match = match_address(parts_.registers, frame);
  if (match == Match::none || !match_vlan(parts_.registers, headers)) {
    parts_.statistics.filtered();
    return;
  }
  parts_.statistics.accepted(frame);
  RxReport report = describe(frame, headers);
  if (match == Match::inexact) report.status |= inexact_match;
  const Destination to = choose(frame, headers, report);
  if (to.drop)
    parts_.statistics.dropped();
  else
    deliver(to.queue, frame, headers, report);
}

// A wire has no shorter frames than these; a tap has.
ConstBytes Receiver::padded(ConstBytes frame) {
  if (frame.size() >= shortest) return frame;
  std::copy(frame.begin(), frame.end(), scratch_.begin());
  std::fill(scratch_.begin() + static_cast<ptrdiff_t>(frame.size()), scratch_.begin() + shortest,
            std::byte{0});
  return {scratch_.data(), shortest};
}

RxReport Receiver::describe(ConstBytes frame, const Headers& headers) const {
  RxReport report;
  report.packet_info = packet_kind(headers);
  report.status = checksum_status(frame, headers);
  return report;
}

Receiver::Destination Receiver::choose(ConstBytes frame, const Headers& headers, RxReport& report) {
  Destination to;
  if (parts_.rss.enabled()) {
    const RssResult rss = parts_.rss.hash(frame, headers);
    report.rss_hash = rss.hash;
    report.packet_info |= rss.type;
    if (rss.type) to.queue = parts_.rss.queue(rss.hash);
  }
  if (parts_.flow_director.enabled() && headers.ip != Ip::none) {
    const auto decision = parts_.flow_director.find(frame, headers);
    parts_.statistics.flow_director(decision.has_value());
    if (decision) apply(*decision, to, report);
  }
  return to;
}

void Receiver::apply(const FlowDirector::Decision& decision, Destination& to, RxReport& report) {
  report.status |= flow_matched;
  to.drop = decision.drop;
  if (decision.to_queue) to.queue = decision.queue;
  if (parts_.registers[reg::fdirctrl] & (reg::fdirctrl_report | reg::fdirctrl_report_always)) {
    report.packet_info |= flow_director_info;
    report.rss_hash = decision.hash << 16 | decision.identifier;
  }
}

void Receiver::deliver(unsigned queue, ConstBytes frame, const Headers& headers, RxReport& report) {
  Registers& registers = parts_.registers;
  if (!parts_.rings.enabled(queue)) {
    parts_.statistics.dropped();
    return;
  }
  const uint32_t ring = reg::rx(queue);
  if (headers.tagged && registers[ring + reg::rxdctl] & reg::rxdctl_vme) {
    report.status |= tag_removed;
    report.tag = headers.tag;
    frame = without_tag(frame);
  }
  if (!(registers[reg::hlreg0] & reg::hlreg0_rxcrcstrp)) frame = with_fcs(frame);
  if (!parts_.rings.deliver(queue, frame, report)) {
    parts_.statistics.missed(queue, registers[ring + reg::srrctl] & reg::srrctl_drop_en);
    return;
  }
  parts_.statistics.received(queue, frame.size());
  parts_.interrupts.received(queue);
}

// The frame may lie in scratch_ already.
ConstBytes Receiver::without_tag(ConstBytes frame) {
  memmove(scratch_.data(), frame.data(), addresses);
  memmove(&scratch_[addresses], &frame[addresses + tag_size], frame.size() - addresses - tag_size);
  return {scratch_.data(), frame.size() - tag_size};
}

ConstBytes Receiver::with_fcs(ConstBytes frame) {
  const uint32_t crc = ethernet_crc(frame);
  memmove(scratch_.data(), frame.data(), frame.size());
  store(scratch_, frame.size(), crc);
  return {scratch_.data(), frame.size() + fcs};
}

}  // namespace pika::nic82599
