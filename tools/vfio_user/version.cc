// SPDX-License-Identifier: GPL-2.0-only

#include "tools/vfio_user/version.hh"

#include <nlohmann/json.hpp>

#include "tools/vfio_user/protocol.hh"

namespace pika::vfio_user {

using nlohmann::json;

std::optional<std::string> capabilities_reply(ConstBytes proposed) {
  constexpr size_t longest = 4096;
  if (proposed.empty()) return std::string();
  if (proposed.size() > longest || proposed.back() != std::byte{0}) return {};
  const auto* text = reinterpret_cast<const char*>(proposed.data());
  const json said = json::parse(text, text + proposed.size() - 1, nullptr, false);
  if (!said.is_object()) return {};
  const json theirs = said.value("capabilities", json::object());
  if (!theirs.is_object()) return {};

  const json all = {{"max_msg_fds", max_descriptors},
                    {"max_data_xfer_size", max_transfer},
                    {"write_multiple", true}};
  json ours = json::object();
  for (const auto& [name, value] : all.items())
    if (theirs.contains(name) && theirs[name] != false) ours[name] = value;
  std::string answer = json{{"capabilities", ours}}.dump() + '\0';
  if (answer.size() > proposed.size()) return std::string();
  return answer;
}

}  // namespace pika::vfio_user
