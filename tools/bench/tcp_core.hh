// SPDX-License-Identifier: GPL-2.0-only
//
// The portable core, for the TCP benchmark's C++. It is compiled as C.

#pragma once

extern "C" {
#include "core/checksum.h"
#include "core/cm.h"
#include "core/link.h"
#include "core/server.h"
#include "core/tcb.h"
#include "core/ts.h"
}
