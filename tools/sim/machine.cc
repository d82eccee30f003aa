// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/machine.hh"

namespace pika::sim {

bool Machine::read_composition() {
  pika_composition_fault fault;
  pika_composition c;
  if (!pika_composition_parse(options_.composition.c_str(), &c, &fault)) return false;
  for (uint16_t id = 0; id < c.servers; id++) {
    const auto has = [&c, id](pika_component what) { return pika_composition_has(&c, id, what); };
    ServerPlan plan{.link = has(PIKA_COMPONENT_LS),
                    .transport = has(PIKA_COMPONENT_TS),
                    .manager = has(PIKA_COMPONENT_CM),
                    .asks = pika_composition_cm_of(&c, id),
                    .sends = pika_composition_ls_of(&c, id)};
    if (plan.link) plan.queue = queues_++;
    if (plan.manager) cms_.push_back(id);
    if (plan.manager || plan.link) cms_and_links_.push_back(id);
    plans_.push_back(plan);
  }
  groups_.resize(PIKA_GROUPS);
  pika_composition_map_groups(&c, groups_.data());
  return true;
}

int Machine::add_components(pika_server& s, uint16_t* steering, pika_arena& arena) const {
  const ServerPlan& plan = plans_[s.id];
  s.cm = plan.asks;
  s.ls = plan.sends;
  s.ts_of = steering;
  for (uint16_t group = 0; group < PIKA_GROUPS; group++) steering[group] = groups_[group];
  int error = 0;
  if (plan.link) error |= pika_link_init(&s, &arena, plan.queue);
  if (plan.transport) error |= pika_ts_init(&s, &arena, &options_.ts);
  if (plan.manager) error |= pika_cm_init(&s, &arena, &options_.cm);
  return error;
}

}  // namespace pika::sim
