// SPDX-License-Identifier: GPL-2.0-only
//
// lwIP as the TCP benchmark wants a stack. It is C, and one in a process.

#pragma once

extern "C" {
#include "lwip/server.h"
}

#include "tcp_stack.hh"

namespace bench {

class LwipStack : public Stack {
 public:
  LwipStack() {
    const lwip_setup setup{.wire = &sent(),
                           .address = server_address,
                           .port = server_port,
                           .begins = request_begins,
                           .page = page,
                           .page_len = sizeof(page)};
    lwip_server_start(&setup);
    lwip_server_offload(false);
  }

  void set_now(uint64_t ns) override { lwip_server_set_now(ns); }
  uint8_t* buffer() override { return lwip_server_buffer(); }
  void deliver(uint32_t len) override { lwip_server_deliver(len); }
  void work() override { lwip_server_work(); }
  unsigned open() const override { return lwip_server_open(); }
  void set_offload(bool offload) override { lwip_server_offload(offload); }
};

}  // namespace bench
