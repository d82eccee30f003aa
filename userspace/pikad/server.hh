// SPDX-License-Identifier: GPL-2.0-only
//
// Serves pages on sockets, on the event loop's thread. A client that is slow, silent
// or says too much is left; there are only so many at a time.
#ifndef PIKA_PIKAD_SERVER_HH
#define PIKA_PIKAD_SERVER_HH

#include <cstdint>
#include <list>
#include <string>

#include "libpika/netns.hh"
#include "libpika/result.hh"
#include "pikad/http.hh"
#include "pikad/source.hh"

class Server {
 public:
  /// @param loop outlives it
  Server(sd_event* loop, Pages pages) : loop_(loop), pages_(std::move(pages)) {}

  /// Listens on a Unix socket that only its owner may use, in place of what is there.
  pika::Result<pika::Done> listen_at(const std::string& path);

  /// Listens on 127.0.0.1, and no more on the port before.
  ///
  /// @param port 0: on none
  /// @return EADDRINUSE and others; then all is as before
  pika::Result<pika::Done> listen_on(uint16_t port);

  uint16_t port() const { return port_number_; }

 private:
  struct Listening {
    pika::Descriptor socket;
    Source source;
  };
  /// One request and its answer.
  struct Client {
    Server* server;
    pika::Descriptor socket;
    std::string request;
    std::string answer;
    size_t sent = 0;
    Source source;
    Source deadline;
  };

  static int on_connection(sd_event_source* source, int fd, uint32_t events, void* server);
  static int on_client(sd_event_source* source, int fd, uint32_t events, void* client);
  static int on_deadline(sd_event_source* source, uint64_t now, void* client);

  pika::Result<pika::Done> listen(pika::Descriptor socket, Listening& listening);
  void welcome(int socket);
  bool receive(Client& client);
  bool send(Client& client);
  void leave(const Client* client);

  sd_event* loop_;
  Pages pages_;
  std::list<Client> clients_;
  Listening local_;
  Listening port_;
  uint16_t port_number_ = 0;
};

/// Asks a daemon for a page over its Unix socket, and waits some seconds at most.
///
/// @return ECONNREFUSED: no daemon runs.
pika::Result<std::string> fetch(const std::string& socket_path, const std::string& page);

#endif  // PIKA_PIKAD_SERVER_HH
