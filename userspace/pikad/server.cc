// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/server.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace {

using pika::Descriptor;
using pika::Done;
using pika::Error;
using pika::Result;

constexpr size_t clients_most = 16;
constexpr int backlog = 16;
constexpr uint64_t deadline_us = 5'000'000;

Error error_of(const std::string& what) { return {errno, what + ": " + strerror(errno)}; }

Descriptor make_socket(int family, int flags) {
  return Descriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

/// @return false if the path is too long for one
bool put_path(sockaddr_un& address, const std::string& path) {
  address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  path.copy(address.sun_path, path.size());
  return true;
}

template <class Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

Result<Done> Server::listen(Descriptor socket, Listening& listening) {
  sd_event_source* source = nullptr;
  if (::listen(socket.get(), backlog) < 0) return error_of("listen");
  const int err = sd_event_add_io(loop_, &source, socket.get(), EPOLLIN, on_connection, this);
  if (err < 0) return Error{-err, std::string("event loop: ") + strerror(-err)};
  listening.source.reset(source);
  listening.socket = std::move(socket);
  return Done{};
}

Result<Done> Server::listen_at(const std::string& path) {
  sockaddr_un address;
  Descriptor socket = make_socket(AF_UNIX, SOCK_NONBLOCK);
  if (!put_path(address, path)) return Error{ENAMETOOLONG, path + ": too long for a socket"};
  // The lock says that it is nobody's any more.
  unlink(path.c_str());
  const mode_t before = umask(0177);
  const int err = bind(socket.get(), generic(address), sizeof(address));
  umask(before);
  return err < 0 ? error_of(path) : listen(std::move(socket), local_);
}

Result<Done> Server::listen_on(uint16_t port) {
  if (port == port_number_) return Done{};
  Listening fresh;
  if (port) {
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Descriptor socket = make_socket(AF_INET, SOCK_NONBLOCK);
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(socket.get(), generic(address), sizeof(address)) < 0)
      return error_of("metrics: port " + std::to_string(port));
    if (auto listening = listen(std::move(socket), fresh); !listening) return listening;
  }
  port_ = std::move(fresh);
  port_number_ = port;
  return Done{};
}

int Server::on_connection(sd_event_source*, int fd, uint32_t, void* server) {
  static_cast<Server*>(server)->welcome(fd);
  return 0;
}

void Server::welcome(int listening) {
  Descriptor socket(accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket || clients_.size() >= clients_most) return;
  Client& client = clients_.emplace_back();
  client.server = this;
  client.socket = std::move(socket);
  sd_event_source* source = nullptr;
  int err = sd_event_add_io(loop_, &source, client.socket.get(), EPOLLIN, on_client, &client);
  client.source.reset(source);
  source = nullptr;
  if (err >= 0)
    err = sd_event_add_time_relative(loop_, &source, CLOCK_MONOTONIC, deadline_us, 0, on_deadline,
                                     &client);
  client.deadline.reset(source);
  if (err < 0) leave(&client);
}

int Server::on_deadline(sd_event_source*, uint64_t, void* pointer) {
  auto* client = static_cast<Client*>(pointer);
  client->server->leave(client);
  return 0;
}

int Server::on_client(sd_event_source*, int, uint32_t, void* pointer) {
  auto* client = static_cast<Client*>(pointer);
  Server& server = *client->server;
  if (!(client->answer.empty() ? server.receive(*client) : server.send(*client)))
    server.leave(client);
  return 0;
}

/// @return false if it is done with
bool Server::receive(Client& client) {
  std::array<char, 1024> part;
  const ssize_t length = recv(client.socket.get(), part.data(), part.size(), 0);
  if (length < 0) return errno == EAGAIN || errno == EINTR;
  if (length == 0) return false;
  client.request.append(part.data(), static_cast<size_t>(length));
  if (!is_complete(client.request)) return true;
  client.answer = answer(client.request, pages_);
  sd_event_source_set_io_events(client.source.get(), EPOLLOUT);
  return send(client);
}

bool Server::send(Client& client) {
  while (client.sent < client.answer.size()) {
    const ssize_t length = ::send(client.socket.get(), client.answer.data() + client.sent,
                                  client.answer.size() - client.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (length < 0) return errno == EAGAIN || errno == EINTR;
    client.sent += static_cast<size_t>(length);
  }
  return false;
}

void Server::leave(const Client* client) {
  clients_.remove_if([client](const Client& each) { return &each == client; });
}

Result<std::string> fetch(const std::string& socket_path, const std::string& page) {
  const std::string request = "GET " + page + " HTTP/1.1\r\n\r\n";
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  sockaddr_un address;
  const Descriptor socket = make_socket(AF_UNIX, 0);
  if (!put_path(address, socket_path)) return Error{ENAMETOOLONG, socket_path + ": too long"};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (connect(socket.get(), generic(address), sizeof(address)) < 0)
    return errno == ENOENT || errno == ECONNREFUSED
               ? Error{ECONNREFUSED, "no pikad runs; start one with 'systemctl start pikad'"}
               : error_of(socket_path);
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
    return error_of(socket_path);
  std::string answer;
  std::array<char, 4096> part;
  ssize_t length = 0;
  while ((length = recv(socket.get(), part.data(), part.size(), 0)) > 0)
    answer.append(part.data(), static_cast<size_t>(length));
  if (length < 0) return error_of(socket_path);
  if (answer.empty()) return Error{EBADMSG, socket_path + ": closed without an answer"};
  const size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200 ") || body == answer.npos)
    return Error{EBADMSG, socket_path + ": " + answer.substr(0, answer.find('\r'))};
  return answer.substr(body + 4);
}
