// SPDX-License-Identifier: GPL-2.0-only
//
// The memory that a host's servers see, piece by piece, and who may use which. In a
// simulation of one process it is the heap, where the address sanitizer sees the first
// byte beyond a piece. Where each server has a process of its own the pieces are
// mapped, at the same addresses everywhere, and mprotect() keeps everybody to what is
// his.
#ifndef PIKA_SIM_MEMORY_HH
#define PIKA_SIM_MEMORY_HH

#include <cstddef>
#include <string>
#include <vector>

#include "tools/sim/core.hh"

namespace pika::sim {

/// A process, by the address of its server, or one of these.
using Party = uint16_t;
constexpr Party outside = PIKA_PEERS;  ///< the simulator's own: endpoints, the card, Linux
constexpr Party everybody = PIKA_PEERS + 1;
constexpr Party nobody = PIKA_PEERS + 2;

/// @return "server 2", "the outside" and so on.
std::string to_string(Party party);

/// Who may use a piece of memory.
struct Rights {
  Party writer = nobody;  ///< may also read
  Party reader = nobody;
};

/// See above. Pieces live as long as this does.
class Memory {
 public:
  /// @param mapped for several processes
  explicit Memory(bool mapped) : mapped_(mapped) {}
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// @param what it is, for reports
  /// @return @p bytes zeroed bytes for a T of the core's, which begins on a line. Until
  ///   enter() anybody may use them.
  template <typename T>
  T* allocate(const std::string& what, Rights rights, size_t bytes = sizeof(T)) {
    return static_cast<T*>(take(what, rights, bytes));
  }

  /// This process is @p self from now on, and can use what is @p self's.
  void enter(Party self);
  /// Processes forked from now on have nothing of this.
  void keep_from_forks();

  /// What @p address is in: "the memory of server 2". Nothing if it is not in here.
  std::string describe(const void* address) const;

  /// Reading rights to the piece around an address, as a card's DMA has, for a while.
  class Look {
   public:
    Look(const Memory& memory, const void* address);
    ~Look();
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

   private:
    const Memory& memory_;
    const void* address_;
  };

  static size_t page();

 private:
  struct Piece {
    std::byte* begin;
    size_t size;
    Rights rights;
    std::string what;
  };

  void* take(const std::string& what, Rights rights, size_t bytes);
  const Piece* find(const void* address) const;
  void protect(const Piece& piece) const;

  bool mapped_;
  Party self_ = everybody;
  std::vector<Piece> pieces_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_MEMORY_HH
