// SPDX-License-Identifier: GPL-2.0-only

#include "tcp_client.hh"

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

namespace {

constexpr uint8_t flag_fin = 1, flag_syn = 2, flag_psh = 8, flag_ack = 16;
constexpr uint32_t ip_header = 20, tcp_header = 20, stamps_len = 12;

/// What a browser or a load generator sends, shortened.
constexpr char request_text[] = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";

/// How long the stack may take for a packet: sets how often its timers run.
constexpr uint64_t packet_ns = 250;

void put16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

uint32_t get16(const uint8_t* at) { return static_cast<uint32_t>(at[0] << 8 | at[1]); }

uint32_t get32(const uint8_t* at) { return get16(at) << 16 | get16(at + 2); }

/// RFC 1071, the plain way.
uint32_t sum16(const uint8_t* bytes, uint32_t len, uint32_t sum) {
  for (; len > 1; len -= 2, bytes += 2) sum += get16(bytes);
  if (len > 0) sum += static_cast<uint32_t>(*bytes << 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

uint32_t pseudo_header(const uint8_t* ip, uint32_t tcp_len) {
  constexpr uint32_t protocol = 6;
  return sum16(ip + 12, 8, protocol + tcp_len);
}

void write_ip(uint8_t* ip, const Peer& peer, uint32_t len) {
  std::memset(ip, 0, ip_header);
  ip[0] = 0x45;
  put16(ip + 2, len);
  put16(ip + 6, 0x4000);
  ip[8] = 64;
  ip[9] = 6;
  put32(ip + 12, peer.address);
  put32(ip + 16, server_address);
  put16(ip + 10, ~sum16(ip, ip_header, 0) & 0xffff);
}

uint32_t write_stamps(uint8_t* at, uint32_t first, const Peer& peer, uint64_t now_ns) {
  put32(at, first << 16 | 0x080a);
  put32(at + 4, static_cast<uint32_t>(now_ns / 1'000'000));
  put32(at + 8, peer.timestamp);
  return stamps_len;
}

/// In the order that Linux has: MSS, SACK permitted, timestamps, window scale.
uint32_t write_syn_options(uint8_t* at, Options options, const Peer& peer, uint64_t now_ns) {
  constexpr uint32_t mss = 0x02040000 | 1460, sack = 0x0402, scale_7 = 0x01030307;
  put32(at, mss);
  if (options == Options::mss) return 4;
  write_stamps(at + 4, sack, peer, now_ns);
  put32(at + 4 + stamps_len, scale_7);
  return 4 + stamps_len + 4;
}

uint32_t write_options(uint8_t* at, Segment segment, Options options, const Peer& peer,
                       uint64_t now_ns) {
  constexpr uint32_t two_nops = 0x0101;
  if (segment == Segment::syn) return write_syn_options(at, options, peer, now_ns);
  if (options == Options::linux) return write_stamps(at, two_nops, peer, now_ns);
  return 0;
}

uint8_t flags_of(Segment segment) {
  switch (segment) {
    case Segment::syn:
      return flag_syn;
    case Segment::request:
    case Segment::ask_bulk:
    case Segment::bulk:
      return flag_ack | flag_psh;
    case Segment::fin:
      return flag_ack | flag_fin;
    case Segment::ack:
      return flag_ack;
  }
  return 0;
}

/// What a segment carries.
std::string_view payload_of(Segment segment) {
  static const std::string bulk(bulk_segment, bulk_byte);
  switch (segment) {
    case Segment::request:
      return {request_text, sizeof(request_text) - 1};
    case Segment::ask_bulk:
      return {&bulk_request_begins, 1};
    case Segment::bulk:
      return bulk;
    default:
      return {};
  }
}

uint64_t place(uint32_t address, uint32_t port) { return uint64_t{address} << 16 | port; }

void require(bool is, const char* what) {
  if (!is) throw std::runtime_error(std::string("a stack fails: ") + what);
}

/// Where the timestamp is among a segment's options, or NULL.
const uint8_t* find_stamp(const uint8_t* options, uint32_t len) {
  for (uint32_t i = 0; i < len && options[i] != 0;) {
    if (options[i] == 8) return options + i + 2;
    i += options[i] == 1 ? 1 : options[i + 1];
  }
  return nullptr;
}

}  // namespace

void Client::set(Options options, bool offload) {
  options_ = options;
  offload_ = offload;
  stack_.set_offload(offload);
}

/// Spread over 10.128.0.0/9 and the ports that Linux uses, never the same twice: an
/// odd factor permutes the numbers of 38 bits.
std::vector<Peer> Client::new_peers(unsigned n) {
  std::vector<Peer> peers(n);
  for (Peer& peer : peers) {
    const uint64_t bits = ++peers_ * 0x9e3779b97f4a7c15;
    peer.address = 0x0a800000 | (bits & 0x7fffff);
    peer.port = static_cast<uint16_t>(0x8000 | (bits >> 23 & 0x7fff));
    peer.next = static_cast<uint32_t>(bits >> 32);
  }
  return peers;
}

std::vector<Peer> Client::open(unsigned n, Watch& watch) {
  std::vector<Peer> peers = new_peers(n);
  step(peers, {Segment::syn}, watch);
  step(peers, {Segment::ack}, watch);
  for (const Peer& peer : peers) require(peer.open, "no SYN-ACK");
  return peers;
}

void Client::request(std::vector<Peer>& peers, Watch& watch) {
  uint64_t before = 0, after = 0;
  for (const Peer& peer : peers) before += peer.pages;
  step(peers, {Segment::request}, watch);
  for (const Peer& peer : peers) after += peer.pages;
  require(after - before == peers.size(), "not one page for each request");
  step(peers, {Segment::ack}, watch);
}

void Client::upload(std::vector<Peer>& peers, Watch& watch) {
  static constexpr std::initializer_list<Segment> eight = {
      Segment::bulk, Segment::bulk, Segment::bulk, Segment::bulk,
      Segment::bulk, Segment::bulk, Segment::bulk, Segment::bulk};
  for (uint32_t sent = 0; sent < bulk_bytes; sent += eight.size() * bulk_segment)
    step(peers, eight, watch);
  for (const Peer& peer : peers) require(peer.acked == peer.next, "not all acknowledged");
}

void Client::download(std::vector<Peer>& peers, Watch& watch) {
  const uint64_t wanted = peers.front().bytes + bulk_bytes;
  step(peers, {Segment::ask_bulk}, watch);
  for (int left = 64; peers.front().bytes < wanted; --left) {
    require(left > 0, "an answer in bulk that stops");
    step(peers, {Segment::ack}, watch);
  }
  step(peers, {Segment::ack}, watch);
  for (const Peer& peer : peers) require(peer.bytes == wanted, "not the whole answer");
}

void Client::close(std::vector<Peer>& peers, Watch& watch) {
  step(peers, {Segment::fin}, watch);
  for (const Peer& peer : peers) require(peer.closed, "no FIN");
  step(peers, {Segment::ack}, watch);
}

void Client::short_connections(unsigned n, Watch& watch) {
  const unsigned others = stack_.open();
  std::vector<Peer> peers = new_peers(n);
  step(peers, {Segment::syn}, watch);
  step(peers, {Segment::ack, Segment::request}, watch);
  for (const Peer& peer : peers) require(peer.open && peer.pages == 1, "no page");
  close(peers, watch);
  require(stack_.open() == others, "connections stay open");
}

void Client::step(std::vector<Peer>& peers, std::initializer_list<Segment> segments, Watch& watch) {
  by_place_.clear();
  for (Peer& peer : peers) {
    by_place_[place(peer.address, peer.port)] = &peer;
    for (const Segment segment : segments) deliver(peer, segment);
  }
  now_ns_ += packet_ns * peers.size() * segments.size();
  stack_.set_now(now_ns_);
  watch.start();
  stack_.work();
  watch.stop();
  take_frames();
}

void Client::deliver(Peer& peer, Segment segment) {
  uint8_t* ip = stack_.buffer();
  uint8_t* tcp = ip + ip_header;
  const uint32_t options = write_options(tcp + tcp_header, segment, options_, peer, now_ns_);
  const std::string_view payload = payload_of(segment);
  const uint32_t len = static_cast<uint32_t>(payload.size());
  const uint32_t tcp_len = tcp_header + options + len;
  write_ip(ip, peer, ip_header + tcp_len);
  std::memset(tcp, 0, tcp_header);
  put16(tcp, peer.port);
  put16(tcp + 2, server_port);
  put32(tcp + 4, peer.next);
  if (segment != Segment::syn) put32(tcp + 8, peer.expected);
  tcp[12] = static_cast<uint8_t>((tcp_header + options) / 4 << 4);
  tcp[13] = flags_of(segment);
  put16(tcp + 14, 64240);
  std::memcpy(tcp + tcp_header + options, payload.data(), len);
  put16(tcp + 16, ~sum16(tcp, tcp_len, pseudo_header(ip, tcp_len)) & 0xffff);
  peer.sends_bulk |= segment == Segment::bulk;
  peer.next += len + (segment == Segment::syn || segment == Segment::fin);
  stack_.deliver(ip_header + tcp_len);
}

void Client::take_frames() {
  wire& sent = stack_.sent();
  for (uint32_t i = 0; i < sent.sent; ++i) take(sent.frames[i]);
  sent.sent = 0;
}

void Client::take_payload(Peer& peer, const uint8_t* payload, uint32_t len) {
  if (payload[0] == bulk_byte) {
    peer.bytes += len;
    return;
  }
  require(len == sizeof(page) && std::memcmp(payload, page, len) == 0, "a page that is none");
  ++peer.pages;
}

void Client::take(const wire_frame& frame) {
  const uint8_t* ip = frame.bytes;
  const uint8_t* tcp = ip + ip_header;
  require(ip[0] == 0x45 && get16(ip + 2) == frame.len, "a frame that is no IPv4 packet");
  require(sum16(ip, ip_header, 0) == 0xffff, "a wrong IP checksum");
  const uint32_t tcp_len = frame.len - ip_header;
  require(offload_ || sum16(tcp, tcp_len, pseudo_header(ip, tcp_len)) == 0xffff,
          "a wrong TCP checksum");
  const auto found = by_place_.find(place(get32(ip + 16), get16(tcp + 2)));
  require(found != by_place_.end(), "a segment for nobody");
  Peer& peer = *found->second;
  const uint8_t flags = tcp[13];
  const uint32_t header = (tcp[12] >> 4) * 4u, payload = tcp_len - header;
  if ((flags & flag_syn) != 0) peer.expected = get32(tcp + 4);
  require(get32(tcp + 4) == peer.expected, "a wrong sequence number");
  const uint32_t acked = get32(tcp + 8), in_flight = peer.next - acked;
  require((flags & flag_ack) != 0 && in_flight <= (peer.sends_bulk ? bulk_bytes : 0),
          "a wrong ACK");
  peer.acked = acked;
  if (payload > 0) take_payload(peer, tcp + header, payload);
  if (const uint8_t* stamp = find_stamp(tcp + tcp_header, header - tcp_header))
    peer.timestamp = get32(stamp);
  peer.open |= (flags & flag_syn) != 0;
  peer.closed |= (flags & flag_fin) != 0;
  peer.expected += payload + ((flags & (flag_syn | flag_fin)) != 0);
}

}  // namespace bench
