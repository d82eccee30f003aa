// SPDX-License-Identifier: GPL-2.0-only
//
// The portable core, for the simulator's C++. It is compiled as C.
#ifndef PIKA_SIM_CORE_HH
#define PIKA_SIM_CORE_HH

extern "C" {
#include "kmod/core/bell.h"
#include "kmod/core/cm.h"
#include "kmod/core/composition.h"
#include "kmod/core/link.h"
#include "kmod/core/server.h"
#include "kmod/core/tcp_sack.h"
#include "kmod/core/ts.h"
}

#endif  // PIKA_SIM_CORE_HH
