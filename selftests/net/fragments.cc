// SPDX-License-Identifier: GPL-2.0-only
//
//	fragments HOST PORT
//
// Connects by Linux to an echo server and sends it one segment that is longer than the
// MTU, so that it travels in fragments. Linux's TCP itself never does that: it is told
// (TCP_REPAIR) that the bytes are sent already, and a raw socket sends them. They must
// come back. The caller sees to it that TCP's own retransmissions are lost, and that there
// are no timestamps.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

namespace {

constexpr size_t kBytes = 3000;
constexpr unsigned kPatience = 60;  // seconds

int must(long result, const char* what) {
  if (result >= 0) return static_cast<int>(result);
  std::fprintf(stderr, "fragments: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

/// An address of either family.
struct Name {
  sockaddr_storage storage{};
  socklen_t len = sizeof(storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  in_port_t& port() { return reinterpret_cast<sockaddr_in&>(storage).sin_port; }
  [[nodiscard]] std::span<const uint8_t> address() const {
    if (storage.ss_family == AF_INET6)
      return {reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr.s6_addr, 16};
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    return {reinterpret_cast<const uint8_t*>(&in.sin_addr), 4};
  }
};

Name name_of(const char* host, const char* port) {
  Name name;
  auto& in = reinterpret_cast<sockaddr_in&>(name.storage);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(name.storage);
  const bool v4 = inet_pton(AF_INET, host, &in.sin_addr) == 1;
  if (!v4) must(inet_pton(AF_INET6, host, &in6.sin6_addr) - 1, host);
  name.storage.ss_family = v4 ? AF_INET : AF_INET6;
  name.len = v4 ? sizeof(in) : sizeof(in6);
  name.port() = htons(static_cast<uint16_t>(std::atoi(port)));
  return name;
}

void set_tcp(int fd, int option, int value) {
  must(setsockopt(fd, SOL_TCP, option, &value, sizeof(value)), "setsockopt");
}

uint32_t sequence_of(int fd, int queue) {
  uint32_t sequence = 0;
  socklen_t len = sizeof(sequence);
  set_tcp(fd, TCP_REPAIR_QUEUE, queue);
  must(getsockopt(fd, SOL_TCP, TCP_QUEUE_SEQ, &sequence, &len), "TCP_QUEUE_SEQ");
  return sequence;
}

uint32_t add(uint32_t sum, std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); i++) sum += i % 2 ? bytes[i] : bytes[i] << 8;
  return sum;
}

uint16_t checksum(const Name& from, const Name& to, std::span<const uint8_t> segment) {
  uint32_t sum = IPPROTO_TCP + static_cast<uint32_t>(segment.size());
  sum = add(add(add(sum, from.address()), to.address()), segment);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<uint16_t>(~sum));
}

/// Header and payload of what @p fd believes it has sent from @p sequence on.
std::vector<uint8_t> segment_of(int fd, Name& to, std::span<const uint8_t> payload) {
  Name from;
  must(getsockname(fd, from.get(), &from.len), "getsockname");
  set_tcp(fd, TCP_REPAIR, 1);
  tcphdr tcp{};
  tcp.source = from.port();
  tcp.dest = to.port();
  tcp.ack_seq = htonl(sequence_of(fd, 1));
  tcp.seq = htonl(sequence_of(fd, 2));
  tcp.doff = sizeof(tcp) / 4;
  tcp.ack = tcp.psh = 1;
  tcp.window = htons(500);
  must(send(fd, payload.data(), payload.size(), 0), "send");
  set_tcp(fd, TCP_REPAIR, 0);
  std::vector<uint8_t> segment(sizeof(tcp));
  std::memcpy(segment.data(), &tcp, sizeof(tcp));
  segment.insert(segment.end(), payload.begin(), payload.end());
  tcp.check = checksum(from, to, segment);
  std::memcpy(segment.data(), &tcp, sizeof(tcp));
  return segment;
}

void send_raw(Name to, std::span<const uint8_t> segment) {
  const int fd = must(socket(to.storage.ss_family, SOCK_RAW, IPPROTO_TCP), "raw socket");
  const int dont = IP_PMTUDISC_DONT;
  if (to.storage.ss_family == AF_INET)
    must(setsockopt(fd, SOL_IP, IP_MTU_DISCOVER, &dont, sizeof(dont)), "IP_MTU_DISCOVER");
  to.port() = 0;
  must(sendto(fd, segment.data(), segment.size(), 0, to.get(), to.len), "sendto");
  close(fd);
}

bool comes_back(int fd, std::span<const uint8_t> payload) {
  std::array<uint8_t, kBytes> back{};
  size_t got = 0;
  while (got < back.size()) {
    const int n = must(recv(fd, &back[got], back.size() - got, 0), "recv");
    if (n == 0) return false;
    got += static_cast<size_t>(n);
  }
  return std::memcmp(back.data(), payload.data(), kBytes) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "fragments: wrong usage\n");
    return 2;
  }
  alarm(kPatience);
  std::vector<uint8_t> payload(kBytes);
  for (size_t i = 0; i < kBytes; i++) payload[i] = static_cast<uint8_t>(i % 251);
  Name to = name_of(argv[1], argv[2]);
  const int fd = must(socket(to.storage.ss_family, SOCK_STREAM, 0), "socket");
  must(connect(fd, to.get(), to.len), "connect");
  send_raw(to, segment_of(fd, to, payload));
  if (comes_back(fd, payload)) return 0;
  std::fprintf(stderr, "fragments: other bytes came back\n");
  return 1;
}
