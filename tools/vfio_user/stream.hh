// SPDX-License-Identifier: GPL-2.0-only
//
// Messages on a socket: cuts what comes into messages, with the descriptors that came
// along, and sends replies. Knows headers and no message's meaning.
#ifndef PIKA_VFIO_USER_STREAM_HH
#define PIKA_VFIO_USER_STREAM_HH

#include <sys/socket.h>

#include <optional>
#include <vector>

#include "libpika/descriptor.hh"
#include "libpika/result.hh"
#include "tools/vfio_user/device.hh"
#include "tools/vfio_user/protocol.hh"

namespace pika::vfio_user {

/// A whole message; its payload is valid until the next call of Stream::next().
struct Message {
  Header header;
  ConstBytes payload;
  std::vector<Descriptor> descriptors;
};

/// On one thread; never blocks.
class Stream {
 public:
  /// @param socket  a connected AF_UNIX stream, not blocking
  explicit Stream(Descriptor socket);

  int fd() const { return socket_.get(); }

  /// Reads what there is, once.
  ///
  /// Returns: false at the end of the stream; an error for what is against the protocol.
  Result<bool> fill();

  /// The next whole message of what was read, if there is one.
  Result<std::optional<Message>> next();

  /// Sends, or keeps what the socket does not take now.
  Result<Done> send(ConstBytes message);

  /// Something is kept: nothing should be read until flush() has sent it.
  bool is_stuck() const { return !unsent_.empty(); }
  Result<Done> flush();

 private:
  /// Belongs to the message that has the byte before @p end, counted from the first ever.
  struct Arrived {
    uint64_t end;
    Descriptor descriptor;
  };

  Result<Done> take_descriptors(msghdr& heard, uint64_t end);
  void make_room();

  Descriptor socket_;
  std::vector<std::byte> buffer_;
  size_t begin_ = 0;  ///< of what was not given out yet
  size_t end_ = 0;
  uint64_t taken_ = 0;  ///< bytes given out, ever
  std::vector<Arrived> descriptors_;
  std::vector<std::byte> unsent_;
};

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_STREAM_HH
