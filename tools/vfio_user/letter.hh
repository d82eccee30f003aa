// SPDX-License-Identifier: GPL-2.0-only
//
// A message of one byte between two processes, which may bring a descriptor (SCM_RIGHTS).
#ifndef PIKA_VFIO_USER_LETTER_HH
#define PIKA_VFIO_USER_LETTER_HH

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>

namespace pika::vfio_user {

/// For sendmsg() and recvmsg(), whose @p header it has.
struct Letter {
  explicit Letter(char said = 0) : word(said) {
    header.msg_iov = &place;
    header.msg_iovlen = 1;
    header.msg_control = room;
    header.msg_controllen = sizeof(room);
  }
  Letter(const Letter&) = delete;
  Letter& operator=(const Letter&) = delete;

  /// Before it is sent. @p fd stays the caller's.
  void enclose(int fd) {
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(fd));
    std::memcpy(CMSG_DATA(part), &fd, sizeof(fd));
  }

  /// After it has come. Returns the caller's own descriptor, or -1: there is none.
  int enclosed() {
    const cmsghdr* part = CMSG_FIRSTHDR(&header);
    int fd = -1;
    if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
      std::memcpy(&fd, CMSG_DATA(part), sizeof(fd));
    return fd;
  }

  char word;
  iovec place{.iov_base = &word, .iov_len = 1};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
};

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_LETTER_HH
