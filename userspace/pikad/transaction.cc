// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/transaction.hh"

#include <cerrno>

namespace {

using pika::Done;
using pika::Error;
using pika::Result;
using pika::StackSession;

const char* word_for(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::stop:
      return "stop";
    case Step::Kind::add_link:
      return "link-add";
    case Step::Kind::remove_link:
      return "link-remove";
    case Step::Kind::start:
      break;
  }
  return "start";
}

Fields fields_of(const Step& step) {
  Fields fields = {{"PIKA_NAMESPACE", step.netns},
                   {"PIKA_STEP", word_for(step.kind)},
                   {"PIKA_COMPOSITION", step.config.composition}};
  if (!step.link.empty()) fields.push_back({"PIKA_LINK", step.link});
  return fields;
}

/// The kernel has done what it was asked, and not something like it.
Result<Done> check_started(StackSession& session, const Step& step) {
  const auto stack = session.stack();
  if (!stack) return stack.error();
  if (!*stack) return Error{ESRCH, "pika.ko: the stack that was started is gone"};
  const auto differences = compare((*stack)->config, step.config);
  if (differences.empty()) return Done{};
  return Error{EPROTO,
               "pika.ko: started another stack than was asked for: " + describe(differences)};
}

Result<Done> start(StackSession& session, const Step& step) {
  if (auto started = session.start_stack(step.config); !started) return started;
  auto checked = check_started(session, step);
  if (!checked) (void)session.stop_stack(true);
  return checked;
}

Result<Done> perform(pika::Kernel& kernel, const Step& step) {
  const auto session = kernel.open(step.netns);
  if (!session) return session.error();
  switch (step.kind) {
    case Step::Kind::stop:
      return (*session)->stop_stack(step.force);
    case Step::Kind::add_link:
      return (*session)->add_link(step.link);
    case Step::Kind::remove_link:
      return (*session)->remove_link(step.link);
    case Step::Kind::start:
      break;
  }
  return start(**session, step);
}

Step::Kind inverse_of(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::stop:
      return Step::Kind::start;
    case Step::Kind::add_link:
      return Step::Kind::remove_link;
    case Step::Kind::remove_link:
      return Step::Kind::add_link;
    case Step::Kind::start:
      break;
  }
  return Step::Kind::stop;
}

/// That a stack which was started just now may have sockets already is no reason to
/// leave it.
Step inverse_of(const Step& step) {
  Step inverse = step;
  inverse.kind = inverse_of(step.kind);
  inverse.force = true;
  return inverse;
}

void undo(pika::Kernel& kernel, const Step& step, Log& log) {
  const Step inverse = inverse_of(step);
  const auto undone = perform(kernel, inverse);
  if (undone)
    log.write(Level::notice, "undone: " + describe(inverse), fields_of(inverse));
  else
    log.write(Level::error, describe(inverse) + ", to undo: " + undone.error().text,
              fields_of(inverse));
}

}  // namespace

std::optional<Failure> carry_out(pika::Kernel& kernel, const std::vector<Step>& steps, Log& log) {
  for (size_t done = 0; done < steps.size(); done++) {
    const Step& step = steps[done];
    const auto performed = perform(kernel, step);
    if (performed) {
      log.write(Level::notice, describe(step), fields_of(step));
      continue;
    }
    Failure failure{step.netns, performed.error()};
    failure.error.text = describe(step) + ": " + failure.error.text;
    for (size_t each = done; each-- > 0;) {
      failure.disturbed |=
          steps[each].netns == step.netns && steps[each].kind != Step::Kind::add_link;
      undo(kernel, steps[each], log);
    }
    return failure;
  }
  return {};
}
