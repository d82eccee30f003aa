// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/tx_offload.hh"

#include <algorithm>
#include <array>

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/checksum.hh"
#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

constexpr size_t addresses = 12;
constexpr size_t tag_size = 4;
constexpr size_t largest_headers = 512;
constexpr size_t most_segments = 8192;

// What a frame costs whoever sends it, however short it is, as much as so many bytes.
constexpr size_t least_cost = 2048;

constexpr size_t v4_length = 2, v4_identifier = 4, v4_checksum = 10;
constexpr size_t v6_length = 4, v6_header = 40;
constexpr size_t tcp_sequence = 4, tcp_flags = 12, tcp_checksum = 16;
constexpr size_t udp_length = 4, udp_checksum = 6;
constexpr size_t sctp_checksum_at = 8;

size_t checksum_field(Transport transport) {
  switch (transport) {
    case Transport::tcp:
      return tcp_checksum;
    case Transport::sctp:
      return sctp_checksum_at;
    default:
      return udp_checksum;
  }
}

}  // namespace

TxOffload::TxOffload(const Registers& registers, Complaints& complaints, FrameSink& sink)
    : registers_(registers), complaints_(complaints), sink_(sink), memory_(headroom + largest) {}

size_t TxOffload::refuse(Complaint kind, const char* what) {
  complaints_.say(kind, what);
  return 0;
}

size_t TxOffload::send_one(unsigned queue, ConstBytes frame) {
  sink_.send(queue, frame);
  return std::max(frame.size(), least_cost);
}

size_t TxOffload::send(unsigned queue, size_t size, const TxRequest& request) {
  const Bytes frame = buffer().first(size);
  if (size < addresses + 2) return 0;
  return request.segment ? send_segments(queue, frame, request) : send_whole(queue, frame, request);
}

size_t TxOffload::send_whole(unsigned queue, Bytes frame, const TxRequest& request) {
  if (!insert_checksums(frame, request))
    return refuse(Complaint::checksum, "a checksum is to go to where the frame has no header");
  if (request.insert_tag) frame = tagged(frame, request.context.tag);
  if (frame.size() < shortest && registers_[reg::hlreg0] & reg::hlreg0_txpaden) {
    const Bytes longer(frame.data(), shortest);
    std::fill(longer.begin() + static_cast<ptrdiff_t>(frame.size()), longer.end(), std::byte{0});
    frame = longer;
  }
  return send_one(queue, frame);
}

bool TxOffload::insert_checksums(Bytes frame, const TxRequest& request) {
  if (request.insert_checksum) return insert_legacy_checksum(frame, request);
  const TxContext& context = request.context;
  if (request.insert_ip_checksum && context.v4) {
    const size_t at = context.ethernet_size;
    if (context.ip_size < v4_checksum + 2 || at + context.ip_size > frame.size()) return false;
    // What the driver left in the field counts.
    const uint64_t sum = add_bytes(0, frame.subspan(at, context.ip_size));
    store(frame, at + v4_checksum, static_cast<uint16_t>(~fold(sum)));
  }
  return !request.insert_transport_checksum || insert_transport_checksum(frame, context, 0);
}

bool TxOffload::insert_legacy_checksum(Bytes frame, const TxRequest& request) {
  if (request.checksum_from > frame.size() || request.checksum_to + 2 > frame.size()) return false;
  const uint64_t sum = add_bytes(0, frame.subspan(request.checksum_from));
  store(frame, request.checksum_to, static_cast<uint16_t>(~fold(sum)));
  return true;
}

// The driver has left the sum of the pseudo header in the field; @p more belongs to it.
bool TxOffload::insert_transport_checksum(Bytes frame, const TxContext& context, uint32_t more) {
  const size_t at = size_t{context.ethernet_size} + context.ip_size;
  const size_t field = checksum_field(context.transport);
  const size_t field_size = context.transport == Transport::sctp ? 4 : 2;
  if (at + field + field_size > frame.size()) return false;
  const Bytes packet = frame.subspan(at);
  if (context.transport == Transport::sctp) {
    store(packet, field, sctp_checksum(packet, field));
    return true;
  }
  auto checksum =
      static_cast<uint16_t>(~fold(add_bytes(as_added(static_cast<uint16_t>(more)), packet)));
  // In UDP, zero says that there is none.
  if (checksum == 0 && context.transport == Transport::udp) checksum = 0xffff;
  store(packet, field, checksum);
  return true;
}

bool TxOffload::can_segment(size_t size, size_t headers, const TxContext& context) {
  const size_t fields = context.transport == Transport::tcp ? tcp_checksum + 2 : udp_checksum + 2;
  const size_t ip_fields = context.v4 ? v4_checksum + 2 : v6_header;
  return context.segment_size > 0 && headers < size && headers <= largest_headers &&
         context.transport != Transport::sctp && context.transport_size >= fields &&
         context.ip_size >= ip_fields && context.ethernet_size >= addresses + 2 &&
         (size - headers) / context.segment_size < most_segments;
}

size_t TxOffload::send_segments(unsigned queue, Bytes frame, const TxRequest& request) {
  const TxContext& context = request.context;
  const size_t headers = size_t{context.ethernet_size} + context.ip_size + context.transport_size;
  if (!can_segment(frame.size(), headers, context))
    return refuse(Complaint::segmentation, "a packet cannot be cut as its context says");
  std::array<std::byte, largest_headers> original;
  std::copy_n(frame.begin(), headers, original.begin());
  uint32_t number = 0;
  size_t sent = 0;
  for (size_t at = headers; at < frame.size(); at += context.segment_size, number++) {
    // The headers go in front of each payload, over the one before, which is sent.
    const size_t payload = std::min<size_t>(context.segment_size, frame.size() - at);
    const Bytes segment = frame.subspan(at - headers, headers + payload);
    std::copy_n(original.begin(), headers, segment.begin());
    fix_headers(segment, headers, request, number, at + payload == frame.size());
    insert_transport_checksum(segment, context,
                              static_cast<uint32_t>(context.transport_size + payload));
    sent += send_one(queue, request.insert_tag ? tagged(segment, context.tag) : segment);
  }
  return sent;
}

void TxOffload::fix_headers(Bytes segment, size_t headers, const TxRequest& request,
                            uint32_t number, bool last) const {
  const TxContext& context = request.context;
  const Bytes ip = segment.subspan(context.ethernet_size);
  if (context.v4) {
    put_network16(ip, v4_length, ip.size());
    put_network16(ip, v4_identifier, network16(ip, v4_identifier) + number);
    const uint64_t sum = add_bytes(0, ip.first(context.ip_size));
    if (request.insert_ip_checksum) store(ip, v4_checksum, static_cast<uint16_t>(~fold(sum)));
  } else {
    put_network16(ip, v6_length, ip.size() - v6_header);
  }
  const Bytes transport = ip.subspan(context.ip_size);
  if (context.transport == Transport::tcp) {
    const uint32_t before = number * context.segment_size;
    put_network32(transport, tcp_sequence, network32(transport, tcp_sequence) + before);
    const uint16_t flags = network16(transport, tcp_flags);
    put_network16(transport, tcp_flags, flags & (0xf000 | flags_mask(number, last)));
  } else {
    put_network16(transport, udp_length, segment.size() - headers + context.transport_size);
  }
}

// FIN and PSH are the last segment's, CWR the first's: the registers say so.
uint16_t TxOffload::flags_mask(uint32_t number, bool last) const {
  if (last && number > 0) return registers_[reg::dtxtcpflgh] & 0xfff;
  if (last) return 0xfff;
  const uint32_t low = registers_[reg::dtxtcpflgl];
  return (number == 0 ? low : low >> 16) & 0xfff;
}

// Moves the addresses into what lies before the frame.
Bytes TxOffload::tagged(Bytes frame, uint16_t tag) {
  const Bytes longer(frame.data() - tag_size, frame.size() + tag_size);
  std::copy_n(frame.begin(), addresses, longer.begin());
  put_network16(longer, addresses, registers_[reg::vlnctrl] & 0xffff);
  put_network16(longer, addresses + 2, tag);
  return longer;
}

}  // namespace pika::nic82599
