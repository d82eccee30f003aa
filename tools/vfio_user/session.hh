// SPDX-License-Identifier: GPL-2.0-only
//
// The talk with one client: does what its messages ask for and answers them. What is
// against the protocol gets an error for an answer, or ends the session.
#ifndef PIKA_VFIO_USER_SESSION_HH
#define PIKA_VFIO_USER_SESSION_HH

#include <cstdint>
#include <vector>

#include "tools/vfio_user/device.hh"
#include "tools/vfio_user/interrupts.hh"
#include "tools/vfio_user/memory.hh"
#include "tools/vfio_user/stream.hh"

namespace pika::vfio_user {

/// How many messages of which kind came, for statistics.
struct Counts {
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t others = 0;
};

/// On one thread; never blocks.
class Session {
 public:
  /// What it changes outlives it: @p memory and @p interrupts are empty again when it ends.
  Session(Descriptor socket, Device& device, Memory& memory, Interrupts& interrupts);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  int fd() const { return stream_.fd(); }

  /// The client had agreed on a version with whoever had the socket before.
  void resume() { agreed_ = true; }

  /// Something can be read, or sent if it wants_to_send().
  ///
  /// Returns: false if the client has left; an error if it has to be left.
  Result<bool> advance();

  /// A reply waits until the client reads; nothing else is read of it until then.
  bool wants_to_send() const { return stream_.is_stuck(); }

  /// It was a client, and not somebody who only looked whether anybody listens.
  bool has_agreed() const { return agreed_; }

  const Counts& counts() const { return counts_; }

 private:
  Result<Done> handle_all();
  Result<Done> handle(Message& message);
  Result<Done> reply(const Header& header, int error);

  /// What answers a command, or leaves its payload in reply_: 0 or an errno.
  int execute(Message& message);
  int on_version(const Message& message);
  int on_dma_map(const Message& message);
  int on_dma_unmap(const Message& message);
  int on_get_info(const Message& message);
  int on_get_region_info(const Message& message);
  int on_get_irq_info(const Message& message);
  int on_set_irqs(Message& message);
  int on_region_read(const Message& message);
  int on_region_write(const Message& message);
  int on_region_write_multi(const Message& message);
  int on_reset(const Message& message);

  bool is_inside(uint32_t region, uint64_t offset, uint64_t count) const;
  int set_events(uint32_t start, uint32_t count, std::vector<Descriptor>& events);
  template <class T>
  void put(const T& value);

  Stream stream_;
  Device& device_;
  Memory& memory_;
  Interrupts& interrupts_;
  bool agreed_ = false;  ///< on a version
  std::vector<std::byte> reply_;
  Counts counts_;
};

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_SESSION_HH
