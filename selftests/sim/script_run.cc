// SPDX-License-Identifier: GPL-2.0-only

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <deque>
#include <map>

#include "selftests/sim/script.hh"
#include "selftests/sim/script_packet.hh"

namespace pika::sim {
namespace {

constexpr uint16_t first_peer_port = 1'024;
constexpr uint16_t first_local_port = 40'001;
constexpr uint16_t usual_port = 80;
constexpr uint64_t most_steps = 100'000;

struct Errno {
  int code;
  const char* name;
};

constexpr Errno errnos[] = {{EAGAIN, "EAGAIN"},
                            {EPIPE, "EPIPE"},
                            {ECONNRESET, "ECONNRESET"},
                            {ECONNREFUSED, "ECONNREFUSED"},
                            {ECONNABORTED, "ECONNABORTED"},
                            {ETIMEDOUT, "ETIMEDOUT"},
                            {EADDRINUSE, "EADDRINUSE"},
                            {ENOBUFS, "ENOBUFS"},
                            {ENETUNREACH, "ENETUNREACH"},
                            {EHOSTUNREACH, "EHOSTUNREACH"}};

std::string name_of(int code) {
  for (const Errno& each : errnos)
    if (each.code == code) return each.name;
  return code ? "errno " + std::to_string(code) : "none";
}

constexpr std::pair<const char*, uint32_t> settings[] = {{"nodelay", PIKA_SET_NODELAY},
                                                         {"cork", PIKA_SET_CORK},
                                                         {"quickack", PIKA_SET_QUICKACK},
                                                         {"keepalive", PIKA_SET_KEEPALIVE},
                                                         {"keep-idle", PIKA_SET_KEEP_IDLE},
                                                         {"keep-interval", PIKA_SET_KEEP_INTERVAL},
                                                         {"keep-count", PIKA_SET_KEEP_COUNT},
                                                         {"user-timeout", PIKA_SET_USER_TIMEOUT},
                                                         {"mss", PIKA_SET_MSS},
                                                         {"tos", PIKA_SET_TOS},
                                                         {"ttl", PIKA_SET_TTL}};

/// One host and the peer that the script plays.
class Run {
 public:
  Run(const Script& script, bool v6, bool trace);
  Result<bool> all();

 private:
  using Words = std::vector<std::string>;
  struct Sent {
    Nanos when;
    Segment segment;
  };
  struct Port {
    Listener* listener = nullptr;
    Acceptor* acceptor = nullptr;
  };

  void make_host();
  void on_transmit(const Bytes& bytes);
  ScriptFlow& flow(unsigned number);
  ScriptFlow& flow_of(const Segment& segment);

  void execute(const ScriptLine& line);
  void send(const ScriptPacket& packet);
  void send_icmp(const ScriptIcmp& icmp);
  void expect(const ScriptLine& line, Nanos target);
  void expect_nothing();
  void call(const ScriptLine& line);
  void call_socket(const ScriptLine& line, Socket*& socket);
  void listen(const ScriptLine& line);
  void unlisten(const ScriptLine& line);
  void accept(const ScriptLine& line);
  void connect(const ScriptLine& line);
  void socket_send(const ScriptLine& line, Socket& socket);
  void socket_recv(const ScriptLine& line, Socket& socket);
  void recv_bytes(const ScriptLine& line, Socket& socket, const std::string& wanted);
  void recv_status(const ScriptLine& line, Socket& socket, const std::string& wanted);
  void socket_state(const ScriptLine& line, Socket& socket);
  void set_option(const ScriptLine& line, Socket& socket);
  std::string stream_text(const std::string& word, size_t at) const;

  bool within(const ScriptLine& line, const std::function<bool()>& done) {
    return loop_.run_until(loop_.now() + line.tolerance, done);
  }
  void wind_up();
  void fail(const std::string& why) { loop_.fail(why); }
  std::string time_text(Nanos when) const;

  const Script& script_;
  const bool v6_;
  const bool trace_;
  Loop loop_;
  Nanos start_;
  Nanos base_;
  std::unique_ptr<Host> host_;
  std::map<unsigned, ScriptFlow> flows_;
  std::deque<Sent> sent_;
  std::map<uint16_t, Port> ports_;
  std::map<std::string, Socket*> sockets_;
  std::map<std::string, size_t> read_;
  bool over_ = false;
};

Run::Run(const Script& script, bool v6, bool trace)
    : script_(script), v6_(v6), trace_(trace), loop_(1'000_s), start_(loop_.now()), base_(start_) {}

/// The same MSS in both families.
void Run::make_host() {
  HostOptions options = script_.host;
  if (v6_) options.ts.mtu = static_cast<u16>(options.ts.mtu + 20);
  auto host = Host::make(loop_, Random(1), options);
  if (!host) return fail(host.error().text);
  host_ = std::move(*host);
  host_->nic().on_transmit = [this](const Bytes& bytes) { on_transmit(bytes); };
}

std::string Run::time_text(Nanos when) const {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3f ms", static_cast<double>(when - start_) / 1e6);
  return text;
}

void Run::on_transmit(const Bytes& bytes) {
  const auto segment = decode(bytes);
  if (!segment) return fail("the host sent a packet that cannot be read");
  if (over_) return;
  ScriptFlow& flow = flow_of(*segment);
  note_sent(*segment, flow);
  if (trace_)
    std::printf("# %12s %s\n", time_text(loop_.now()).c_str(), describe(*segment, flow).c_str());
  sent_.push_back({loop_.now(), *segment});
}

ScriptFlow& Run::flow(unsigned number) {
  const auto found = flows_.find(number);
  if (found != flows_.end()) return found->second;
  ScriptFlow& made = flows_[number];
  made.number = number;
  made.peer = {v6_ ? address_v6(2) : address_v4(192, 0, 2, 2),
               static_cast<uint16_t>(first_peer_port + number - 1)};
  made.host = {v6_ ? host_->options().v6 : host_->options().v4, usual_port};
  if (!ports_.empty()) made.host.port = ports_.begin()->first;
  made.peer_isn = script_.peer_isn;
  return made;
}

ScriptFlow& Run::flow_of(const Segment& segment) {
  return flow(static_cast<uint16_t>(segment.to.port - first_peer_port + 1));
}

Result<bool> Run::all() {
  make_host();
  for (const ScriptLine& line : script_.lines) {
    if (loop_.failed()) break;
    execute(line);
    if (loop_.failed())
      return Error{
          EIO, "line " + std::to_string(line.number) + ": " + line.text + "\n" + loop_.failure()};
  }
  if (!loop_.failed()) wind_up();
  if (loop_.failed()) return Error{EIO, "after the last line: " + loop_.failure()};
  return true;
}

void Run::execute(const ScriptLine& line) {
  const Nanos target = (line.relative ? base_ : start_) + line.time;
  if (line.kind == ScriptLine::Kind::expect) return expect(line, target);
  loop_.run_until(target);
  if (loop_.failed()) return;
  base_ = target;
  if (line.kind == ScriptLine::Kind::send) return send(line.packet);
  if (line.kind == ScriptLine::Kind::icmp) return send_icmp(line.icmp);
  if (line.kind == ScriptLine::Kind::nothing) return expect_nothing();
  call(line);
  base_ = loop_.now();
}

void Run::send(const ScriptPacket& packet) {
  Bytes bytes = encode(to_segment(packet, flow(packet.flow)));
  if (packet.bad_checksum) bytes.back() ^= 1;
  if (trace_) std::printf("# %12s <\n", time_text(loop_.now()).c_str());
  host_->nic().receive(std::move(bytes));
}

void Run::send_icmp(const ScriptIcmp& icmp) {
  const ScriptFlow& flow = this->flow(icmp.flow);
  const Segment about{.from = flow.host, .to = flow.peer, .seq = flow.host_isn + icmp.seq};
  if (trace_) std::printf("# %12s < icmp\n", time_text(loop_.now()).c_str());
  const uint32_t mtu = icmp.mtu + (v6_ ? 20 : 0);
  host_->nic().receive(icmp_error(about, icmp.kind, mtu));
}

void Run::expect(const ScriptLine& line, Nanos target) {
  if (!loop_.run_until(target + line.tolerance, [this] { return !sent_.empty(); })) {
    if (!loop_.failed()) fail("got:      nothing until " + time_text(loop_.now()));
    return;
  }
  const Sent got = std::move(sent_.front());
  sent_.pop_front();
  const ScriptFlow& flow = flow_of(got.segment);
  const std::string text =
      "got:      " + describe(got.segment, flow) + " at " + time_text(got.when);
  const std::string what = difference(line.packet, got.segment, flow);
  if (!what.empty()) return fail(text + "\ndiffers:  " + what);
  if (got.when + line.tolerance < target || got.when > target + line.tolerance)
    return fail(text + "\nexpected: at " + time_text(target));
  base_ = got.when;
}

void Run::expect_nothing() {
  if (sent_.empty()) return;
  const Sent& got = sent_.front();
  fail("got:      " + describe(got.segment, flow_of(got.segment)) + " at " + time_text(got.when));
}

void Run::call(const ScriptLine& line) {
  const std::string& what = line.words[0];
  if (what == "listen") return listen(line);
  if (what == "accept") return accept(line);
  if (what == "connect") return connect(line);
  if (what == "unlisten") return unlisten(line);
  if (what == "skip") return sent_.clear();
  const auto socket = sockets_.find(what);
  if (socket == sockets_.end() || line.words.size() < 2) return fail(what + ": no such call");
  call_socket(line, socket->second);
}

void Run::listen(const ScriptLine& line) {
  const auto port = static_cast<uint16_t>(std::stoul(line.words.at(1)));
  const size_t n = line.words.size();
  const uint32_t backlog = n > 3 ? static_cast<uint32_t>(std::stoul(line.words[3])) : 128;
  Listener& listener = host_->endpoint(0).listen({{}, port}, backlog);
  ports_[port].listener = &listener;
  const bool done = within(line, [&listener] { return listener.listening() || listener.error(); });
  if (!done || listener.error()) fail("got:      " + name_of(listener.error()));
}

void Run::unlisten(const ScriptLine& line) {
  const auto port = ports_.find(static_cast<uint16_t>(std::stoul(line.words.at(1))));
  if (port == ports_.end()) return fail("no such listener");
  port->second.listener->unlisten();
  port->second.listener = nullptr;
}

/// accept -> NAME [PORT], or accept nothing [PORT]
void Run::accept(const ScriptLine& line) {
  const bool none = line.words.at(1) == "nothing";
  const size_t at = none ? 2 : 3;
  const auto port = line.words.size() > at ? static_cast<uint16_t>(std::stoul(line.words[at]))
                                           : (ports_.empty() ? usual_port : ports_.begin()->first);
  Port& from = ports_[port];
  if (!from.listener) return fail("no such listener");
  if (!from.acceptor) from.acceptor = &host_->endpoint(0).acceptor(*from.listener);
  Socket* socket = nullptr;
  within(line, [&from, &socket] {
    const auto got = from.acceptor->accept();
    if (got) socket = *got;
    return socket != nullptr;
  });
  if (none != !socket) return fail(socket ? "got:      a connection" : "got:      EAGAIN");
  if (socket) sockets_[line.words.at(2)] = socket;
}

/// connect [FLOW] -> NAME
void Run::connect(const ScriptLine& line) {
  const bool numbered = line.words.at(1) != "->";
  const unsigned number = numbered ? static_cast<unsigned>(std::stoul(line.words[1])) : 1;
  ScriptFlow& to = flow(number);
  to.host.port = static_cast<uint16_t>(first_local_port + number - 1);
  sockets_[line.words.at(numbered ? 3 : 2)] = &host_->endpoint(0).connect(to.peer, to.host);
}

void Run::call_socket(const ScriptLine& line, Socket*& socket) {
  const std::string& what = line.words[1];
  if (!socket) return fail("the socket is closed");
  if (what == "send") return socket_send(line, *socket);
  if (what == "recv") return socket_recv(line, *socket);
  if (what == "set") return set_option(line, *socket);
  if (what == "shutdown") return socket->shutdown();
  if (what != "close" && what != "abort") return socket_state(line, *socket);
  what == "close" ? socket->close() : socket->abort();
  socket = nullptr;
}

/// The text of a quoted word, or so many usual bytes from @p at on.
std::string Run::stream_text(const std::string& word, size_t at) const {
  if (word[0] == '"') return word.substr(1);
  std::string text;
  for (size_t n = std::stoul(word); text.size() < n;) text += usual_byte(at + text.size());
  return text;
}

/// send TEXT [more] [urgent], or send fails ERRNO
void Run::socket_send(const ScriptLine& line, Socket& socket) {
  const std::string& word = line.words.at(2);
  if (word == "fails") {
    const uint8_t byte = 0;
    const auto sent = socket.send({&byte, 1});
    const std::string got = name_of(sent ? 0 : sent.error().code);
    if (got != line.words.at(3)) fail("got:      " + got);
    return;
  }
  ScriptFlow& to = flow(static_cast<unsigned>(socket.remote().port - first_peer_port + 1));
  const std::string text = stream_text(word, to.host_stream.size());
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  uint8_t flags = 0;
  for (size_t i = 3; i < line.words.size(); i++) {
    if (line.words[i] == "more") flags |= PIKA_SEND_MORE;
    if (line.words[i] == "urgent") flags |= PIKA_SEND_URGENT;
  }
  const auto sent = socket.send({bytes, text.size()}, flags);
  if (!sent) return fail("got:      " + name_of(sent.error().code));
  if (*sent != text.size()) return fail("got:      " + std::to_string(*sent) + " taken");
  to.host_stream += text;
}

/// recv TEXT, recv N, recv end, recv nothing, recv ERRNO
void Run::socket_recv(const ScriptLine& line, Socket& socket) {
  const std::string& word = line.words.at(2);
  if (word[0] != '"' && !isdigit(word[0])) return recv_status(line, socket, word);
  const size_t at = read_[line.words[0]];
  const ScriptFlow& from = flow(static_cast<unsigned>(socket.remote().port - first_peer_port + 1));
  if (word[0] == '"') return recv_bytes(line, socket, word.substr(1));
  const size_t len = std::stoul(word);
  if (at + len > from.peer_stream.size()) return fail("the peer has not sent so much");
  recv_bytes(line, socket, from.peer_stream.substr(at, len));
}

void Run::recv_bytes(const ScriptLine& line, Socket& socket, const std::string& wanted) {
  within(line, [&socket, &wanted] { return socket.readable() >= wanted.size(); });
  std::string got(wanted.size(), 0);
  const auto len = socket.recv({reinterpret_cast<uint8_t*>(got.data()), got.size()});
  if (!len) return fail("got:      " + name_of(len.error().code));
  got.resize(*len);
  read_[line.words[0]] += *len;
  if (got != wanted)
    fail("got:      " + std::to_string(*len) + " bytes: \"" + got.substr(0, 60) + "\"");
}

void Run::recv_status(const ScriptLine& line, Socket& socket, const std::string& wanted) {
  std::string got;
  within(line, [&socket, &wanted, &got] {
    uint8_t byte = 0;
    const auto len = socket.recv({&byte, 1});
    got = !len ? name_of(len.error().code) : *len ? "a byte" : "end";
    if (got == "EAGAIN") got = "nothing";
    return got == wanted && got != "nothing";
  });
  if (got != wanted) fail("got:      " + got);
}

/// connected, error ERRNO, acked N, writable N, readable N
void Run::socket_state(const ScriptLine& line, Socket& socket) {
  const std::string& what = line.words[1];
  const std::string wanted = line.words.size() > 2 ? line.words[2] : "yes";
  const auto now = [&what, &socket]() -> std::string {
    if (what == "connected") return socket.connected() ? "yes" : "no";
    if (what == "error") return name_of(socket.error());
    if (what == "acked") return std::to_string(socket.acked());
    if (what == "writable") return std::to_string(socket.writable());
    if (what == "readable") return std::to_string(socket.readable());
    return "no such call";
  };
  if (!within(line, [&now, &wanted] { return now() == wanted; })) fail("got:      " + now());
}

void Run::set_option(const ScriptLine& line, Socket& socket) {
  for (const auto& [name, option] : settings)
    if (line.words.at(2) == name)
      return socket.set_option(option, static_cast<uint32_t>(std::stoul(line.words.at(3))));
  fail("no such option");
}

/// Nothing unexpected was sent, and all goes when the programs end.
void Run::wind_up() {
  expect_nothing();
  over_ = true;
  for (const auto& [name, socket] : sockets_)
    if (socket) socket->abort();
  for (const auto& [number, port] : ports_)
    if (port.listener) port.listener->unlisten();
  loop_.run_all(most_steps);
  if (loop_.failed()) return;
  if (const std::string left = host_->leftovers(); !left.empty()) fail(left);
}

}  // namespace

Result<bool> run_script(const Script& script, bool v6, bool trace) {
  return Run(script, v6, trace).all();
}

}  // namespace pika::sim
