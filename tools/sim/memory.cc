// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/memory.hh"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace pika::sim {
namespace {

void* map_shared(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

bool is(Party party, Party self) { return party == self || party == everybody; }

int protection(const Rights& rights, Party self) {
  if (self == everybody || is(rights.writer, self)) return PROT_READ | PROT_WRITE;
  return is(rights.reader, self) ? PROT_READ : PROT_NONE;
}

}  // namespace

std::string to_string(Party party) {
  if (party == outside) return "the outside";
  if (party == everybody) return "everybody";
  if (party == nobody) return "nobody";
  return "server " + std::to_string(party);
}

size_t Memory::page() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

Memory::~Memory() {
  for (const Piece& piece : pieces_) {
    if (mapped_)
      munmap(piece.begin, piece.size);
    else
      ::operator delete (piece.begin, std::align_val_t{PIKA_LINE});
  }
}

void* Memory::take(const std::string& what, Rights rights, size_t bytes) {
  void* memory = nullptr;
  if (mapped_) {
    bytes = (bytes + page() - 1) / page() * page();
    memory = map_shared(bytes);
  } else {
    memory = std::memset(::operator new (bytes, std::align_val_t{PIKA_LINE}), 0, bytes);
  }
  pieces_.push_back({static_cast<std::byte*>(memory), bytes, rights, what});
  return memory;
}

void Memory::protect(const Piece& piece) const {
  mprotect(piece.begin, piece.size, protection(piece.rights, self_));
}

void Memory::enter(Party self) {
  self_ = self;
  if (!mapped_) return;
  for (const Piece& piece : pieces_) protect(piece);
}

void Memory::keep_from_forks() {
  if (!mapped_) return;
  for (const Piece& piece : pieces_) madvise(piece.begin, piece.size, MADV_DONTFORK);
}

const Memory::Piece* Memory::find(const void* address) const {
  const auto* byte = static_cast<const std::byte*>(address);
  for (const Piece& piece : pieces_)
    if (byte >= piece.begin && byte < piece.begin + piece.size) return &piece;
  return nullptr;
}

std::string Memory::describe(const void* address) const {
  const Piece* piece = find(address);
  return piece ? piece->what : std::string();
}

Memory::Look::Look(const Memory& memory, const void* address) : memory_(memory), address_(address) {
  const Piece* piece = memory.mapped_ ? memory.find(address) : nullptr;
  if (piece) mprotect(piece->begin, piece->size, PROT_READ);
}

Memory::Look::~Look() {
  const Piece* piece = memory_.mapped_ ? memory_.find(address_) : nullptr;
  if (piece) memory_.protect(*piece);
}

}  // namespace pika::sim
