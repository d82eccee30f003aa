// SPDX-License-Identifier: GPL-2.0-only
//
// A port: one card, the socket where QEMU finds it, and what its frames pass on their
// way. Keeps the card apart from who attaches to it.
#ifndef PIKA_NIC82599_PORT_HH
#define PIKA_NIC82599_PORT_HH

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libpika/result.hh"
#include "tools/nic82599/card.hh"
#include "tools/nic82599/log.hh"
#include "tools/nic82599/loop.hh"
#include "tools/nic82599/sink.hh"
#include "tools/vfio_user/device.hh"
#include "tools/vfio_user/interrupts.hh"
#include "tools/vfio_user/listener.hh"
#include "tools/vfio_user/memory.hh"
#include "tools/vfio_user/session.hh"

namespace pika::nic82599 {

/// What went through a port, of its own knowledge and not the card's.
struct Traffic {
  uint64_t frames = 0;
  uint64_t bytes = 0;  ///< without FCS

  void count(ConstBytes frame) {
    frames++;
    bytes += frame.size();
  }
};

/// As a sink it takes what comes from the wire.
class Port final : public Sink, private Host, private vfio_user::Device {
 public:
  Port(Loop& loop, unsigned number, const Settings& settings);
  ~Port() override;

  /// Waits for a client there.
  Result<Done> listen(const std::string& path);

  /// Where frames go that the card sends. Without, they are gone.
  void plug(Sink& out) { out_ = &out; }

  /// Called when a client has come, with its socket, which is shut down when it is left.
  void on_welcome(std::function<void(int socket)> call) { on_welcome_ = std::move(call); }

  /// Called when a client has left that knew the protocol.
  void on_leave(std::function<void()> call) { on_leave_ = std::move(call); }

  bool is_attached() const { return session_.has_value(); }

  void take(ConstBytes frame) override;
  bool has_room() override;

  void set_link(bool up) { card_.set_link(up); }
  void set_fault(unsigned fault) { card_.set_fault(fault); }

  /// The card is pulled out under its driver; the next client finds one again.
  void set_removed(bool removed) { card_.set_removed(removed); }

  Totals card() const { return card_.totals(); }

  const Traffic& sent() const { return sent_; }
  const Traffic& received() const { return received_; }
  vfio_user::Counts messages() const;
  uint64_t interrupts() const { return interrupts_.raised(); }

 private:
  bool read(uint64_t address, Bytes to) override { return memory_.read(address, to); }
  bool write(uint64_t address, ConstBytes from) override { return memory_.write(address, from); }
  void interrupt(unsigned vector) override;
  void transmit(ConstBytes frame) override;
  Time now() const override { return Loop::now(); }
  void wake_at(Time when) override { card_timer_.set(when); }
  void complain(std::string_view what) override { log_.write(what); }

  uint64_t region_size(unsigned region) const override;
  void read_region(unsigned region, uint64_t offset, Bytes to) override;
  void write_region(unsigned region, uint64_t offset, ConstBytes from) override;
  void reset_device() override { card_.reset(); }

  void read_msix(uint64_t offset, Bytes to) const;
  void write_msix(uint64_t offset, ConstBytes from);
  void welcome();
  void hear();
  void leave();

  Loop& loop_;
  Log log_;
  vfio_user::Memory memory_;
  vfio_user::Interrupts interrupts_;
  std::vector<std::byte> msix_table_;
  Loop::Timer card_timer_;
  Loop::Timer patience_;
  std::optional<Time> full_since_;
  Card card_;
  std::optional<vfio_user::Listener> listener_;
  std::optional<vfio_user::Session> session_;
  bool sending_ = false;  ///< the session waits until it can send
  vfio_user::Counts earlier_;
  Sink* out_ = nullptr;
  std::function<void(int)> on_welcome_;
  std::function<void()> on_leave_;
  Traffic sent_;
  Traffic received_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_PORT_HH
