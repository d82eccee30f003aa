// SPDX-License-Identifier: GPL-2.0-only

#include "selftests/sim/invariants.hh"

namespace pika::sim {
namespace {

bool in_order(uint32_t a, uint32_t b) { return static_cast<int32_t>(b - a) >= 0; }

bool is_taken(const pika_pool& pool, uint32_t index) {
  return pool.slots[index].next == PIKA_POOL_TAKEN;
}

uint32_t borrowed_from(const pika_ts& ts, uint32_t index) {
  uint32_t n = 0;
  while (index != PIKA_POOL_NONE) {
    const auto* chunk = static_cast<const pika_chunk*>(pika_pool_at(&ts.chunks, index));
    n += !chunk->inline_bytes;
    index = chunk->next;
  }
  return n;
}

/// Packets beyond a hole are sorted, without overlap, and none is due.
bool early_is_sorted(const pika_tcb& tcb) {
  uint32_t from = tcb.rcv_nxt + 1;
  uint32_t n = 0;
  for (const pika_packet* packet = tcb.early; packet; packet = packet->next, n++) {
    if (!in_order(from, packet->seq)) return false;
    from = packet->seq + packet->bytes;
  }
  return n == tcb.early_packets;
}

uint64_t truesize_of(const pika_packet* packet) {
  uint64_t size = 0;
  for (; packet; packet = packet->next) size += packet->truesize;
  return size;
}

/// The last packet begins below the bound.
std::string memory_broken_in(const pika_tcb& tcb) {
  constexpr uint64_t largest = 1 << 16;
  if (truesize_of(tcb.ready) + truesize_of(tcb.early) > tcb.rcv_memory)
    return "rcv_memory is less than what packets take";
  if (tcb.rcv_memory >= tcb.rcv_memory_most + largest) return "more memory held than the bound";
  return {};
}

bool ready_adds_up(const pika_tcb& tcb) {
  uint32_t bytes = 0;
  for (const pika_packet* packet = tcb.ready; packet; packet = packet->next) bytes += packet->bytes;
  return bytes == tcb.ready_bytes && bytes <= tcb.unread;
}

/// Holes are sorted, between SND.UNA and what the peer has at most; so are the extents of
/// what was sent again.
bool board_is_sorted(const pika_board& board, const pika_tcb& tcb) {
  uint32_t from = tcb.snd_una;
  for (uint32_t i = 0; i < board.holes; i++) {
    const pika_hole& hole = board.hole[i];
    if (!in_order(from, hole.start) || !in_order(hole.start + 1, hole.end)) return false;
    if (!in_order(hole.start, hole.resend) || !in_order(hole.resend, hole.end)) return false;
    from = hole.end;
  }
  return in_order(from, board.edge) && in_order(board.edge, tcb.snd_max);
}

std::string board_broken_in(const pika_ts& ts, const pika_tcb& tcb) {
  if (tcb.board == PIKA_POOL_NONE) return {};
  if (!is_taken(ts.boards, tcb.board)) return "its board is free";
  const auto* board = static_cast<const pika_board*>(pika_pool_at(&ts.boards, tcb.board));
  if (!board_is_sorted(*board, tcb)) return "holes are not in order";
  for (uint32_t i = 0; i < board->recents; i++)
    if (!in_order(tcb.rcv_nxt + 1, board->recent[i].end)) return "a block that was reached";
  return {};
}

std::string broken_in(const pika_ts& ts, const pika_tcb& tcb) {
  const uint32_t clock = tcb.clocks & (1u << PIKA_CLOCK_RETRANSMIT);
  const bool waits = tcb.flags & (PIKA_TCB_CHANGED | PIKA_TCB_BLOCKED);
  if (tcb.borrowed != borrowed_from(ts, tcb.head.chunk) + borrowed_from(ts, tcb.held))
    return "borrowed is not what the queue borrows";
  if (!ready_adds_up(tcb)) return "ready_bytes is not what is ready";
  if (tcb.state == PIKA_TCP_CLOSED || tcb.state == PIKA_TCP_TIME_WAIT) return {};
  if (!in_order(tcb.snd_una, tcb.snd_nxt)) return "SND.NXT is before SND.UNA";
  if (!in_order(tcb.snd_nxt, tcb.snd_max)) return "snd_nxt is beyond snd_max";
  if (tcb.snd_max != tcb.snd_una && !clock && !waits) return "in flight without a clock";
  if (!pika_timer_armed(&tcb.timer) && tcb.clocks) return "clocks without a timer";
  if (tcb.state < PIKA_TCP_ESTABLISHED) return {};
  if (!in_order(tcb.snd_max, tcb.snd_end + 1)) return "more sent than there is";
  if (!in_order(tcb.rcv_nxt, tcb.rcv_edge + 1)) return "more received than the window";
  if (const std::string what = board_broken_in(ts, tcb); !what.empty()) return what;
  if (!early_is_sorted(tcb)) return "packets beyond a hole are not in order";
  if (const std::string what = memory_broken_in(tcb); !what.empty()) return what;
  if (tcb.unread > ts.config.receive_buffer) return "more unread than the buffer holds";
  return {};
}

}  // namespace

std::string broken_invariant(const pika_server& server) {
  if (!server.ts) return {};
  const pika_pool& tcbs = server.ts->tcbs;
  for (uint32_t i = 0; i < tcbs.count; i++) {
    if (!is_taken(tcbs, i)) continue;
    const auto* tcb = static_cast<const pika_tcb*>(pika_pool_at(&tcbs, i));
    const std::string what = broken_in(*server.ts, *tcb);
    if (!what.empty()) return "flow " + std::to_string(i) + ": " + what;
  }
  return {};
}

}  // namespace pika::sim
