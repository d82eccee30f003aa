// SPDX-License-Identifier: GPL-2.0-only
//
// The capabilities that client and server tell each other in JSON.
#ifndef PIKA_VFIO_USER_VERSION_HH
#define PIKA_VFIO_USER_VERSION_HH

#include <optional>
#include <string>

#include "tools/vfio_user/device.hh"

namespace pika::vfio_user {

/// The server's capabilities, none of which the client did not name, with the NUL at its
/// end; no longer than @p proposed, since QEMU takes no reply longer than its request.
///
/// Returns: nothing if @p proposed is not what the protocol says; it may be empty.
std::optional<std::string> capabilities_reply(ConstBytes proposed);

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_VERSION_HH
