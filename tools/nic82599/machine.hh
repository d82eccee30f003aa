// SPDX-License-Identifier: GPL-2.0-only
//
// The ports of one process, what they are plugged into, and what nic82599ctl may ask
// of them.
#ifndef PIKA_NIC82599_MACHINE_HH
#define PIKA_NIC82599_MACHINE_HH

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libpika/result.hh"
#include "tools/nic82599/control.hh"
#include "tools/nic82599/impair.hh"
#include "tools/nic82599/keeper.hh"
#include "tools/nic82599/loop.hh"
#include "tools/nic82599/pcap.hh"
#include "tools/nic82599/port.hh"
#include "tools/nic82599/tap.hh"
#include "tools/nic82599/wire.hh"

namespace pika::nic82599 {

/// What the command line says.
struct Options {
  std::vector<std::string> sockets;  ///< one for each port
  std::vector<std::string> taps;     ///< of the port of the same place
  bool wire = false;                 ///< between the two ports
  std::string pcap;                  ///< frames of the first port; empty: none
  std::string control;               ///< empty: no such socket
  Settings settings;                 ///< of the first port; the second's address is the next
  Badness badness;
  bool stay = false;  ///< when the last client has left
};

class Machine {
 public:
  /// @p keeper outlives it.
  Machine(Options options, const Keeper& keeper) : options_(std::move(options)), keeper_(keeper) {}

  /// Until a signal, or until the last client has left.
  Result<Done> run();

  /// Of a line such as "0 link down" or "all stats": JSON.
  std::string answer(const std::string& line);

 private:
  Result<Done> make_ports();
  Result<Done> plug_taps();
  void plug_wire();
  Result<Done> open_pcap();
  Result<Done> open_control();
  Result<Done> watch_signals();
  Sink& impaired(Sink& to, uint64_t direction);
  Sink& recorded(size_t port, Sink& to);
  void on_leave();

  Options options_;
  const Keeper& keeper_;
  Loop loop_;
  Descriptor signals_;
  std::optional<Pcap> pcap_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<std::unique_ptr<Wire>> wires_;
  std::vector<std::unique_ptr<Impair>> lines_;
  std::vector<std::unique_ptr<Tee>> tees_;
  std::vector<std::unique_ptr<Tap>> taps_;
  std::optional<Control> control_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_MACHINE_HH
