// SPDX-License-Identifier: GPL-2.0-only
//
// The socket where nic82599ctl asks: one line, one answer.
#ifndef PIKA_NIC82599_CONTROL_HH
#define PIKA_NIC82599_CONTROL_HH

#include <functional>
#include <list>
#include <string>

#include "libpika/descriptor.hh"
#include "libpika/result.hh"
#include "tools/nic82599/loop.hh"
#include "tools/vfio_user/listener.hh"

namespace pika::nic82599 {

class Control {
 public:
  using Answer = std::function<std::string(const std::string& line)>;

  /// @p loop outlives it. Lines come and go without their ends.
  Control(Loop& loop, vfio_user::Listener listener, Answer answer);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  Result<Done> start();

 private:
  static constexpr size_t max_clients = 8;
  static constexpr size_t longest_line = 200;

  struct Client {
    Descriptor socket;
    std::string line;
  };

  void welcome();
  void hear(std::list<Client>::iterator client);

  Loop& loop_;
  vfio_user::Listener listener_;
  Answer answer_;
  std::list<Client> clients_;
};

/// Asks the program that has its control socket at @p path, and waits for the answer.
Result<std::string> ask(const std::string& path, const std::string& line);

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_CONTROL_HH
