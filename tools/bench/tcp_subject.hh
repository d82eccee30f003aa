// SPDX-License-Identifier: GPL-2.0-only
//
// The stacks that the TCP benchmark compares, each with its clients and with as many
// idle connections as are asked for.

#pragma once

#include <map>
#include <memory>
#include <string>

#include "tcp_client.hh"
#include "tcp_lwip.hh"
#include "tcp_pika.hh"

namespace bench {

constexpr unsigned most_others = LWIP_IDLE;
constexpr unsigned most_at_once = 64;

/// One line of the table.
struct Row {
  const char* what;
  bool keep_alive = false;
  unsigned others = 0;   ///< connections that are open and idle
  unsigned at_once = 1;  ///< connections whose packets come in one batch
  Options options = Options::linux;
  bool offload = false;

  std::string name() const {
    return std::string(what) + "/" + std::to_string(others) + "/" + std::to_string(at_once);
  }
};

/// A stack and its clients.
struct World {
  explicit World(std::unique_ptr<Stack> made)
      : stack(std::move(made)), client(std::make_unique<Client>(*stack)) {}

  std::unique_ptr<Stack> stack;
  std::unique_ptr<Client> client;
  unsigned others = 0;

  /// Opens idle connections until there are @p n; calls @p after for each batch.
  template <class F>
  void open_others(unsigned n, F after) {
    Watch unused;
    while (others < n) {
      others +=
          static_cast<unsigned>(client->open(std::min(n - others, most_at_once), unused).size());
      after();
    }
  }
};

class Subject {
 public:
  virtual ~Subject() = default;
  virtual const char* name() const = 0;
  /// A world with the idle connections of @p row and no other ones.
  virtual World& world(const Row& row) = 0;
};

/// One stack for each number of idle connections, made when it is needed.
class Pika : public Subject {
 public:
  const char* name() const override { return "PIKA"; }

  World& world(const Row& row) override {
    auto& world = worlds_[row.others];
    if (!world)
      world = std::make_unique<World>(std::make_unique<PikaStack>(most_others + 2 * most_at_once));
    world->open_others(row.others, [] {});
    return *world;
  }

 private:
  std::map<unsigned, std::unique_ptr<World>> worlds_;
};

/// One stack for all, as lwIP's state is global.
class Lwip : public Subject {
 public:
  const char* name() const override { return "lwIP"; }

  World& world(const Row& row) override {
    lwip_server_set_idle(0);
    world_.open_others(row.others, [] { lwip_server_set_idle(0); });
    lwip_server_set_idle(row.others);
    return world_;
  }

 private:
  World world_{std::make_unique<LwipStack>()};
};

/// Runs batches of a row, with what they need around them.
class Runner {
 public:
  Runner(World& world, const Row& row) : client_(*world.client), row_(row) {
    client_.set(row.options, row.offload);
    if (row.keep_alive) peers_ = client_.open(row.at_once, unused_);
  }
  ~Runner() {
    if (row_.keep_alive) client_.close(peers_, unused_);
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// @return nanoseconds of the stack's for each connection or request
  double batch() {
    if (row_.keep_alive)
      client_.request(peers_, watch_);
    else
      client_.short_connections(row_.at_once, watch_);
    return watch_.take_ns() / row_.at_once;
  }

 private:
  Client& client_;
  Row row_;
  std::vector<Peer> peers_;
  Watch watch_;
  Watch unused_;
};

}  // namespace bench
