// SPDX-License-Identifier: GPL-2.0-only
//
// What two hosts say to each other, by seed: plans of connections, and the programs
// at their ends, which compare every byte.
#ifndef PIKA_SELFTESTS_TWO_STACKS_TRAFFIC_HH
#define PIKA_SELFTESTS_TWO_STACKS_TRAFFIC_HH

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tools/sim/host.hh"
#include "tools/sim/wire.hh"

namespace pika::sim {

/// One end's part of a connection.
struct EndPlan {
  size_t bytes = 0;      ///< to be written
  size_t piece_max = 1;  ///< of one write or read
  double pause = 0;      ///< chance to stop for a while before a write or read
  Nanos pause_max = 1_ms;
  double more = 0;         ///< chance of MSG_MORE
  bool shuts_down = true;  ///< when all is written; else it closes when all is read, too
  bool aborts = false;     ///< in the middle
  size_t abort_at = 0;     ///< bytes written or read
};

struct ConnectionPlan {
  uint32_t number = 0;
  uint32_t key = 0;  ///< of the bytes
  bool from_first = false;
  bool v6 = false;
  uint16_t port = 0;        ///< of the listener
  uint16_t local_port = 0;  ///< of the client; 0: any, and the first 4 bytes tell number
  size_t endpoint = 0;      ///< of the client
  Nanos start = 0;
  EndPlan client;
  EndPlan server;

  bool aborted() const { return client.aborts || server.aborts; }
};

/// All that a seed says, but the composition.
struct Plan {
  explicit Plan(uint64_t seed);

  uint64_t seed;
  Nanos clock;
  HostOptions host;
  WireOptions wire;
  uint32_t backlog;
  std::vector<uint16_t> ports;  ///< of listeners
  double accept_late;
  std::vector<ConnectionPlan> connections;
};

/// The program at one end of a connection.
class Talker {
 public:
  /// @param what it does
  /// @param client whether it is the end that connects
  Talker(Loop& loop, Random random, const ConnectionPlan& what, bool client);

  /// Talks on @p socket, of which @p read bytes were read already.
  void start(Socket& socket, size_t read);
  /// The other end, for what it has written.
  void set_peer(const Talker& peer) { peer_ = &peer; }

  bool started() const { return started_; }
  bool finished() const { return finished_; }
  bool gave_up() const { return gave_up_; }
  bool aborted() const { return aborted_; }
  /// It has sent nothing, not even a FIN.
  bool silent() const { return mine().bytes == 0 && !shut_ && !finished_; }
  /// Ends a connection that the other end has aborted without our hearing of it.
  void give_up();
  /// "130 of 130 bytes, end of stream" and so on.
  std::string outcome() const;

 private:
  const EndPlan& mine() const { return client_ ? what_.client : what_.server; }
  const EndPlan& other() const { return client_ ? what_.server : what_.client; }
  uint8_t byte_at(bool from_client, size_t at) const;

  void go();
  bool pauses();
  bool write();
  bool read();
  bool check_read(std::span<const uint8_t> bytes);
  bool check_abort();
  void check_end();
  void die(int error);
  void finish();
  void fail(const std::string& why);

  Loop& loop_;
  Random random_;
  const ConnectionPlan& what_;
  const bool client_;
  const Talker* peer_ = nullptr;
  Socket* socket_ = nullptr;
  size_t written_ = 0;
  size_t read_ = 0;
  bool started_ = false;
  bool pausing_ = false;
  bool shut_ = false;
  bool end_ = false;
  bool finished_ = false;
  bool aborted_ = false;
  bool gave_up_ = false;
  int error_ = 0;
};

/// What the ends of each connection got; empty if that is not the same in all
/// compositions, because of a reset.
using Outcomes = std::vector<std::string>;

/// Both hosts with the wire between, all programs, from start to rest.
class TwoStacks {
 public:
  /// @param trace print every packet
  /// @param processes one for each server
  TwoStacks(const Plan& plan, const std::string& composition, bool trace, bool processes);

  /// @return what each connection's ends got, or what went wrong.
  Result<Outcomes> run();

  /// Of all that was sent, and when: the same for the same run, and else hardly ever.
  uint64_t digest() const { return digest_; }

  uint64_t steps() const { return loop_.steps(); }
  const WireCounts& wire() const { return wire_.counts(); }
  void print_counters();

 private:
  struct Connection {
    std::unique_ptr<Talker> client;
    std::unique_ptr<Talker> server;
  };

  void make_hosts(const std::string& composition, bool processes);
  void note(const Bytes& bytes);
  void check(const pika_server& server);
  void listen(Host& host);
  void accept(Acceptor& acceptor);
  void poll_accept(Acceptor& acceptor);
  void identify(Socket& socket);
  void serve(size_t number, Socket& socket, size_t read);
  void connect(size_t number);
  void wind_up();
  void unlisten();
  bool all_finished() const;
  Host& host_of(bool first) { return first ? *first_ : *second_; }

  const Plan& plan_;
  Loop loop_;
  Random random_;
  Wire wire_;
  std::unique_ptr<Host> first_;
  std::unique_ptr<Host> second_;
  std::vector<Connection> connections_;
  std::vector<Listener*> listeners_;
  std::set<Socket*> nameless_;  // accepted, but the client has not said who it is
  size_t listening_ = 0;
  uint64_t digest_ = 0;
};

}  // namespace pika::sim

#endif  // PIKA_SELFTESTS_TWO_STACKS_TRAFFIC_HH
