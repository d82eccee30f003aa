// SPDX-License-Identifier: GPL-2.0-only
//
// Sends the family "pika" messages that no honest program sends, and expects
// the right errno and the module alive afterwards. Prints KTAP; needs pika.ko
// loaded. Raw sockets, because libnl would not send most of these.

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <uapi/linux/pika.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;

template <typename T>
void append(Bytes& bytes, const T& value) {
  const size_t offset = bytes.size();
  bytes.resize(offset + sizeof(value));
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

Bytes attribute(uint16_t type, const Bytes& payload, int length_error = 0) {
  Bytes bytes;
  append(bytes, nlattr{static_cast<uint16_t>(NLA_HDRLEN + payload.size() + length_error), type});
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  bytes.resize(NLA_ALIGN(bytes.size()));
  return bytes;
}

Bytes u32(uint32_t value) {
  Bytes bytes;
  append(bytes, value);
  return bytes;
}

Bytes text(const std::string& value) {
  return Bytes(value.c_str(), value.c_str() + value.size() + 1);
}

/// The errno in an answer (0: acknowledged or replied to) and the kernel's text.
struct Answer {
  int error = 0;
  std::string text;
};

class Socket {
 public:
  Socket() : fd_(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)) {
    const int on = 1;
    setsockopt(fd_, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    setsockopt(fd_, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Sends a generic netlink message to `family` and returns the first answer's bytes.
  Bytes exchange(uint16_t family, const Bytes& payload, uint16_t flags = 0) {
    Bytes message;
    append(message, nlmsghdr{static_cast<uint32_t>(NLMSG_HDRLEN + payload.size()), family,
                             static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags), 1, 0});
    message.insert(message.end(), payload.begin(), payload.end());
    if (send(fd_, message.data(), message.size(), 0) < 0) return {};
    return receive();
  }

  Bytes receive() {
    Bytes answer(16384);
    const ssize_t length = recv(fd_, answer.data(), answer.size(), 0);
    answer.resize(length < 0 ? 0 : static_cast<size_t>(length));
    return answer;
  }

  void drain() {
    Bytes sink(16384);
    while (recv(fd_, sink.data(), sink.size(), MSG_DONTWAIT) > 0) {
    }
  }

 private:
  int fd_;
};

Bytes command(uint8_t cmd, const std::vector<Bytes>& attributes = {}) {
  Bytes bytes;
  append(bytes, genlmsghdr{cmd, PIKA_GENL_VERSION, 0});
  for (const Bytes& each : attributes) bytes.insert(bytes.end(), each.begin(), each.end());
  return bytes;
}

const uint8_t* find_attribute(const Bytes& message, size_t offset, uint16_t type) {
  while (offset + NLA_HDRLEN <= message.size()) {
    nlattr header;
    std::memcpy(&header, &message[offset], sizeof(header));
    if (header.nla_len < NLA_HDRLEN) return nullptr;
    if ((header.nla_type & NLA_TYPE_MASK) == type) return &message[offset + NLA_HDRLEN];
    offset += NLA_ALIGN(header.nla_len);
  }
  return nullptr;
}

Answer read_answer(uint16_t family, const Bytes& message) {
  nlmsghdr header{};
  if (message.size() < sizeof(header)) return {ETIMEDOUT, "no answer"};
  std::memcpy(&header, message.data(), sizeof(header));
  if (header.nlmsg_type == family) return {};
  if (header.nlmsg_type != NLMSG_ERROR) return {EPROTO, "neither reply nor error"};
  nlmsgerr error{};
  std::memcpy(&error, &message[NLMSG_HDRLEN], sizeof(error));
  if (error.error == 0) return {EPROTO, "acknowledged without a reply"};
  const uint8_t* text = find_attribute(message, NLMSG_HDRLEN + sizeof(error), NLMSGERR_ATTR_MSG);
  return {-error.error, text ? reinterpret_cast<const char*>(text) : ""};
}

/// The number of the family "pika", 0 if there is none.
uint16_t resolve(Socket& socket) {
  const std::string name = PIKA_GENL_NAME;
  Bytes request;
  append(request, genlmsghdr{CTRL_CMD_GETFAMILY, 1, 0});
  const Bytes wanted =
      attribute(CTRL_ATTR_FAMILY_NAME, Bytes(name.c_str(), name.c_str() + name.size() + 1));
  request.insert(request.end(), wanted.begin(), wanted.end());
  const Bytes answer = socket.exchange(GENL_ID_CTRL, request);
  socket.drain();
  const uint8_t* id = find_attribute(answer, NLMSG_HDRLEN + GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
  uint16_t family = 0;
  if (id) std::memcpy(&family, id, sizeof(family));
  return family;
}

int failed = 0;
int number = 0;

void check(bool ok, const char* name, const Answer& got) {
  std::printf("%sok %d %s\n", ok ? "" : "not ", ++number, name);
  if (ok) return;
  std::printf("# got errno %d (%s) '%s'\n", got.error, strerror(got.error), got.text.c_str());
  failed = 1;
}

struct Case {
  const char* name;
  Bytes payload;
  int error;
  /// A part of the kernel's words, "" for any.
  const char* text;
  uint16_t flags = 0;
};

std::vector<Case> module_cases() {
  const Bytes abi = attribute(PIKA_A_MODULE_ABI, u32(PIKA_ABI));
  const uint8_t get = PIKA_CMD_MODULE_GET;
  Bytes reserved = command(get);
  reserved[2] = 1;
  return {
      {"a request without attributes is answered", command(get), 0, ""},
      {"a request with our abi is answered", command(get, {abi}), 0, ""},
      {"a newer abi is refused in words",
       command(get, {attribute(PIKA_A_MODULE_ABI, u32(PIKA_ABI + 1))}), EPROTONOSUPPORT, "abi"},
      {"an older abi is refused in words",
       command(get, {attribute(PIKA_A_MODULE_ABI, u32(PIKA_ABI - 1))}), EPROTONOSUPPORT, "abi"},
      {"a message without a command is refused", Bytes(2, 0), EINVAL, ""},
      {"an unknown command is refused", command(200), EOPNOTSUPP, ""},
      {"command 0 is refused", command(0), EOPNOTSUPP, ""},
      {"a dump of what cannot be dumped is refused", command(get), EOPNOTSUPP, "", NLM_F_DUMP},
      {"an abi of two bytes is refused", command(get, {attribute(PIKA_A_MODULE_ABI, Bytes(2, 0))}),
       EINVAL, "length"},
      {"an abi of eight bytes is refused",
       command(get, {attribute(PIKA_A_MODULE_ABI, Bytes(8, 0))}), EINVAL, ""},
      {"an attribute that belongs to replies is refused",
       command(get, {attribute(PIKA_A_MODULE_VERSION, Bytes(4, 'x'))}), EINVAL, ""},
      {"an unknown attribute is refused", command(get, {attribute(77, u32(1))}), EINVAL, ""},
      {"an attribute longer than the message is refused",
       command(get, {attribute(PIKA_A_MODULE_ABI, u32(1), 100)}), EINVAL, ""},
      {"an attribute shorter than its header is refused",
       command(get, {attribute(PIKA_A_MODULE_ABI, u32(1), -6)}), EINVAL, ""},
      {"bytes behind the last attribute are refused", command(get, {abi, Bytes(3, 0xff)}), EINVAL,
       ""},
      {"a nested flag on a number is refused",
       command(get, {attribute(NLA_F_NESTED | PIKA_A_MODULE_ABI, u32(1))}), EINVAL, ""},
      {"reserved header bytes are refused", reserved, EINVAL, ""},
  };
}

std::vector<Case> stack_cases() {
  return {
      {"without a stack there is none to describe", command(PIKA_CMD_STACK_GET), ESRCH, "no stack"},
      {"without a stack there is none to stop", command(PIKA_CMD_STACK_STOP), ESRCH, "no stack"},
      {"without a stack there is nothing counted", command(PIKA_CMD_STATS_GET), ESRCH, "no stack"},
      {"counters for another abi are refused in words",
       command(PIKA_CMD_STATS_GET, {attribute(PIKA_A_STATS_ABI, u32(PIKA_ABI + 1))}),
       EPROTONOSUPPORT, "abi"},
      {"an address of two bytes is refused",
       command(PIKA_CMD_STATS_GET, {attribute(PIKA_A_STATS_ADDRESS, Bytes(2, 0))}), EINVAL, ""},
      {"an attribute of the answer with counters is refused",
       command(PIKA_CMD_STATS_GET, {attribute(PIKA_A_STATS_COMPONENT, Bytes(4, 0))}), EINVAL, ""},
      {"without a stack nobody listens", command(PIKA_CMD_LISTENER_GET), ESRCH, "no stack"},
      {"listeners for another abi are refused in words",
       command(PIKA_CMD_LISTENER_GET, {attribute(PIKA_A_LISTENER_ABI, u32(PIKA_ABI + 1))}),
       EPROTONOSUPPORT, "abi"},
      {"a number of eight bytes is refused",
       command(PIKA_CMD_LISTENER_GET, {attribute(PIKA_A_LISTENER_AFTER, Bytes(8, 0))}), EINVAL, ""},
      {"a start of another abi is refused in words",
       command(PIKA_CMD_STACK_START, {attribute(PIKA_A_STACK_ABI, u32(PIKA_ABI + 1))}),
       EPROTONOSUPPORT, "abi"},
      {"a start of nothing is refused in words", command(PIKA_CMD_STACK_START), EINVAL,
       "composition"},
      {"a start without a link is refused in words",
       command(PIKA_CMD_STACK_START, {attribute(PIKA_A_STACK_COMPOSITION, text("TS1LS1CM1"))}),
       EINVAL, "link"},
      {"a composition without its NUL is refused",
       command(PIKA_CMD_STACK_START, {attribute(PIKA_A_STACK_COMPOSITION, Bytes(5, 'T'))}), EINVAL,
       ""},
      {"a composition of 4,000 bytes is refused",
       command(PIKA_CMD_STACK_START,
               {attribute(PIKA_A_STACK_COMPOSITION, text(std::string(4000, 'T')))}),
       EINVAL, ""},
      {"cores without end are refused",
       command(PIKA_CMD_STACK_START, {attribute(PIKA_A_STACK_COMPOSITION, text("TS1LS1CM1")),
                                      attribute(PIKA_A_STACK_CORES, text("0-4294967295"))}),
       EINVAL, "cores"},
      {"without a stack there is none to give a link to",
       command(PIKA_CMD_LINK_ADD, {attribute(PIKA_A_STACK_LINK, text("veth0"))}), ESRCH,
       "no stack"},
      {"without a stack there is none to take a link from",
       command(PIKA_CMD_LINK_REMOVE, {attribute(PIKA_A_STACK_LINK, text("veth0"))}), ESRCH,
       "no stack"},
      {"a link without a name is refused in words", command(PIKA_CMD_LINK_ADD), EINVAL, "name"},
      {"none to be removed is refused in words", command(PIKA_CMD_LINK_REMOVE), EINVAL, "name"},
      {"a link of another abi is refused in words",
       command(PIKA_CMD_LINK_ADD, {attribute(PIKA_A_STACK_ABI, u32(PIKA_ABI + 1))}),
       EPROTONOSUPPORT, "abi"},
      {"a link without its NUL is refused",
       command(PIKA_CMD_LINK_ADD, {attribute(PIKA_A_STACK_LINK, Bytes(5, 'v'))}), EINVAL, ""},
      {"a list of links is refused where one is expected",
       command(PIKA_CMD_LINK_ADD, {attribute(PIKA_A_STACK_LINKS, text("veth0"))}), EINVAL, ""},
      {"an event is nothing to ask for", command(PIKA_CMD_EVENT), EOPNOTSUPP, ""},
      {"an idle time of two bytes is refused",
       command(PIKA_CMD_STACK_START, {attribute(PIKA_A_STACK_IDLE_US, Bytes(2, 0))}), EINVAL, ""},
  };
}

std::vector<Case> cases() {
  std::vector<Case> all = module_cases();
  for (const Case& each : stack_cases()) all.push_back(each);
  return all;
}

/// Up to three attributes: right ones, and now and then one of random type, size or length.
Bytes random_attributes(std::mt19937& random) {
  Bytes bytes;
  for (auto left = random() % 4; left > 0; left--) {
    uint16_t type = PIKA_A_MODULE_ABI;
    Bytes payload = u32(random() % 8 ? PIKA_ABI : random());
    if (random() % 8 == 0) type = static_cast<uint16_t>(random() % 8);
    if (random() % 8 == 0) payload.resize(random() % 16);
    const int length_error = random() % 8 ? 0 : static_cast<int>(random() % 9) - 4;
    const Bytes one = attribute(type, payload, length_error);
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  return bytes;
}

/// Sends messages that are right up to a random point. Any answer will do, an oops will not.
///
/// \return how many were answered with a reply.
int fuzz(uint16_t family, int messages) {
  std::mt19937 random(1);
  Socket socket;
  int replies = 0;
  for (int i = 0; i < messages; i++) {
    const uint8_t get = PIKA_CMD_MODULE_GET;
    Bytes payload = command(random() % 8 ? get : static_cast<uint8_t>(random()));
    const Bytes attributes = random_attributes(random);
    payload.insert(payload.end(), attributes.begin(), attributes.end());
    if (random() % 8 == 0) payload.resize(random() % payload.size());
    const Bytes answer = socket.exchange(family, payload, random() % 16 ? 0 : NLM_F_DUMP);
    replies += read_answer(family, answer).error == 0;
    socket.drain();
  }
  return replies;
}

}  // namespace

int main() {
  Socket control;
  const uint16_t family = resolve(control);
  const std::vector<Case> all = cases();
  std::printf("KTAP version 1\n1..%zu\n", all.size() + 2);
  for (const Case& each : all) {
    Socket socket;
    const Answer got = read_answer(family, socket.exchange(family, each.payload, each.flags));
    check(got.error == each.error && got.text.find(each.text) != std::string::npos, each.name, got);
  }
  const int messages = std::getenv("PIKA_LONG") ? 100'000 : 2'000;
  const int replies = fuzz(family, messages);
  check(replies > messages / 10 && replies < messages - messages / 10,
        "of random messages some are answered, some refused",
        {0, std::to_string(replies) + " answered"});
  Socket socket;
  const Answer got = read_answer(family, socket.exchange(family, command(PIKA_CMD_MODULE_GET)));
  check(got.error == 0, "after them it still answers", got);
  return failed;
}
