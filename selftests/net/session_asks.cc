// SPDX-License-Identifier: GPL-2.0-only
//
// Asks the loaded module several times over one session: each answer must
// belong to its request, also behind a refusal.

#include <uapi/linux/pika.h>

#include <cerrno>
#include <cstdio>

#include "libpika/session.hh"

int main() {
  auto session = pika::Session::open();
  if (!session) {
    std::printf("open: %s\n", session.error().text.c_str());
    return 1;
  }
  for (int i = 0; i < 3; i++) {
    const auto module = session->module(PIKA_ABI);
    if (!module || module->abi != PIKA_ABI) {
      std::printf("request %d was not answered\n", i);
      return 1;
    }
    const auto refused = session->module(PIKA_ABI + 1);
    if (refused || refused.error().code != EPROTONOSUPPORT) {
      std::printf("request %d with a wrong abi was not refused\n", i);
      return 1;
    }
  }
  return 0;
}
