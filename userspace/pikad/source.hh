// SPDX-License-Identifier: GPL-2.0-only
//
// Owning what belongs to the event loop.
#ifndef PIKA_PIKAD_SOURCE_HH
#define PIKA_PIKAD_SOURCE_HH

#include <systemd/sd-event.h>

#include <memory>

struct UnrefLoop {
  void operator()(sd_event* loop) const { sd_event_unref(loop); }
};
using Loop = std::unique_ptr<sd_event, UnrefLoop>;

struct UnrefSource {
  void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};
using Source = std::unique_ptr<sd_event_source, UnrefSource>;

#endif  // PIKA_PIKAD_SOURCE_HH
