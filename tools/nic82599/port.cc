// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/port.hh"

#include <linux/vfio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace pika::nic82599 {
namespace {

constexpr uint64_t config_size = 4096;

/// In BAR 4, as the card's configuration space says.
constexpr uint64_t msix_entry = 16;
constexpr uint64_t pending_offset = 0x2000;

/// A card that has no descriptors for so long gets its frames all the same, and drops
/// them: at 10,000 a second the real one's buffer is full after about as long.
constexpr Time patience = std::chrono::milliseconds(500);

/// Without rings: what was meant for a card before a reset should not come after it.
constexpr Time patience_without_rings = std::chrono::milliseconds(50);

}  // namespace

Port::Port(Loop& loop, unsigned number, const Settings& settings)
    : loop_(loop),
      log_("port " + std::to_string(number)),
      interrupts_(Card::vectors),
      msix_table_(Card::vectors * msix_entry),
      card_timer_(loop, [this] { card_.run(); }),
      // That the loop goes round is enough: who has a frame asks again.
      patience_(loop, [] {}),
      card_(*this, settings) {}

Port::~Port() {
  if (session_) loop_.forget(session_->fd());
  if (listener_) loop_.forget(listener_->fd());
}

Result<Done> Port::listen(const std::string& path) {
  auto listener = vfio_user::Listener::at(path);
  if (!listener) return listener.error();
  listener_.emplace(std::move(*listener));
  return loop_.watch(listener_->fd(), EPOLLIN, [this](uint32_t) { welcome(); });
}

void Port::welcome() {
  Descriptor socket = listener_->accept();
  if (!socket) return;
  if (session_) {
    log_.write("a second client is sent away: there is one already");
    return;
  }
  const int fd = socket.get();
  session_.emplace(std::move(socket), static_cast<vfio_user::Device&>(*this), memory_, interrupts_);
  sending_ = false;
  if (!loop_.watch(fd, EPOLLIN, [this](uint32_t) { hear(); })) return leave();
  if (on_welcome_) on_welcome_(fd);
}

void Port::hear() {
  const auto more = session_->advance();
  if (!more) log_.write("client left alone: " + more.error().text);
  if (!more || !*more) {
    leave();
  } else if (session_->wants_to_send() != sending_) {
    sending_ = !sending_;
    if (!loop_.change(session_->fd(), sending_ ? EPOLLOUT : EPOLLIN)) leave();
  }
}

void Port::leave() {
  const bool was_client = session_->has_agreed();
  loop_.forget(session_->fd());
  shutdown(session_->fd(), SHUT_RDWR);
  earlier_ = messages();
  session_.reset();
  card_.set_removed(false);
  card_.reset();
  std::fill(msix_table_.begin(), msix_table_.end(), std::byte{0});
  if (was_client && on_leave_) on_leave_();
}

vfio_user::Counts Port::messages() const {
  vfio_user::Counts sum = earlier_;
  if (session_) {
    sum.reads += session_->counts().reads;
    sum.writes += session_->counts().writes;
    sum.others += session_->counts().others;
  }
  return sum;
}

void Port::take(ConstBytes frame) {
  received_.count(frame);
  card_.receive(frame);
}

bool Port::has_room() {
  if (card_.may_receive()) {
    patience_.set(Time::max());
    full_since_.reset();
    return true;
  }
  const Time at = now();
  if (!full_since_) full_since_ = at;
  const Time end = *full_since_ + (card_.has_rings() ? patience : patience_without_rings);
  patience_.set(at < end ? end : Time::max());
  return at >= end;
}

void Port::interrupt(unsigned vector) {
  if (vector < interrupts_.count()) interrupts_.raise(vector);
}

void Port::transmit(ConstBytes frame) {
  sent_.count(frame);
  if (out_) out_->take(frame);
}

uint64_t Port::region_size(unsigned region) const {
  switch (region) {
    case VFIO_PCI_BAR0_REGION_INDEX:
      return Card::bar0_size;
    case VFIO_PCI_BAR4_REGION_INDEX:
      return Card::bar4_size;
    case VFIO_PCI_CONFIG_REGION_INDEX:
      return config_size;
    default:
      return 0;
  }
}

void Port::read_region(unsigned region, uint64_t offset, Bytes to) {
  if (region == VFIO_PCI_BAR0_REGION_INDEX)
    card_.read_bar0(static_cast<uint32_t>(offset), to);
  else if (region == VFIO_PCI_BAR4_REGION_INDEX)
    read_msix(offset, to);
  else
    card_.read_config(static_cast<uint32_t>(offset), to);
}

void Port::write_region(unsigned region, uint64_t offset, ConstBytes from) {
  if (region == VFIO_PCI_BAR0_REGION_INDEX)
    card_.write_bar0(static_cast<uint32_t>(offset), from);
  else if (region == VFIO_PCI_BAR4_REGION_INDEX)
    write_msix(offset, from);
  else
    card_.write_config(static_cast<uint32_t>(offset), from);
}

/// The client keeps the table that counts and tells of masks by messages; this one is
/// for a client that looks.
void Port::read_msix(uint64_t offset, Bytes to) const {
  std::fill(to.begin(), to.end(), std::byte{0});
  if (offset < msix_table_.size())
    std::copy_n(msix_table_.begin() + static_cast<ptrdiff_t>(offset),
                std::min<size_t>(to.size(), msix_table_.size() - offset), to.begin());
  else if (offset >= pending_offset)
    interrupts_.read_pending(offset - pending_offset, to);
}

void Port::write_msix(uint64_t offset, ConstBytes from) {
  if (offset < msix_table_.size())
    std::copy_n(from.begin(), std::min<size_t>(from.size(), msix_table_.size() - offset),
                msix_table_.begin() + static_cast<ptrdiff_t>(offset));
}

}  // namespace pika::nic82599
