// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/control.hh"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace pika::nic82599 {

Control::Control(Loop& loop, vfio_user::Listener listener, Answer answer)
    : loop_(loop), listener_(std::move(listener)), answer_(std::move(answer)) {}

Control::~Control() {
  for (const Client& each : clients_) loop_.forget(each.socket.get());
  loop_.forget(listener_.fd());
}

Result<Done> Control::start() {
  return loop_.watch(listener_.fd(), EPOLLIN, [this](uint32_t) { welcome(); });
}

void Control::welcome() {
  Descriptor socket = listener_.accept();
  if (!socket || clients_.size() >= max_clients) return;
  const int fd = socket.get();
  const auto client = clients_.insert(clients_.end(), {std::move(socket), {}});
  if (!loop_.watch(fd, EPOLLIN, [this, client](uint32_t) { hear(client); })) clients_.erase(client);
}

void Control::hear(std::list<Client>::iterator client) {
  std::array<char, longest_line> part;
  const int fd = client->socket.get();
  const ssize_t length = recv(fd, part.data(), part.size(), MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length > 0) client->line.append(part.data(), static_cast<size_t>(length));
  const size_t end = client->line.find('\n');
  if (length > 0 && end == std::string::npos && client->line.size() <= longest_line) return;
  if (end != std::string::npos) {
    const std::string answer = answer_(client->line.substr(0, end)) + '\n';
    // A socket that is new has room for it.
    send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  loop_.forget(fd);
  clients_.erase(client);
}

Result<std::string> ask(const std::string& path, const std::string& line) {
  const auto error_of = [&path] { return Error{errno, path + ": " + strerror(errno)}; };
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    return Error{ENAMETOOLONG, path + ": too long for a socket"};
  path.copy(address.sun_path, path.size());
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0)
    return error_of();
  const std::string request = line + '\n';
  if (send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return error_of();
  std::string answer;
  std::array<char, 4096> part;
  ssize_t length = 0;
  while ((length = recv(socket.get(), part.data(), part.size(), 0)) > 0)
    answer.append(part.data(), static_cast<size_t>(length));
  if (length < 0) return error_of();
  if (answer.empty()) return Error{EPROTO, path + ": no answer"};
  answer.resize(answer.find('\n'));
  return answer;
}

}  // namespace pika::nic82599
