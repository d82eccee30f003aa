// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "world.hh"

extern "C" {
#include "core/microthread.h"
}

namespace {

using pika::test::World;

/// What the steps of one microthread do and see.
struct Job {
  int steps = 0;
  int replies_wanted = 0;
  std::vector<uint64_t> tokens{};
  std::vector<uint64_t> replies{};
  bool ask_myself = false;
};

void step(pika_server* s, pika_microthread* thread, const pika_msg* reply) {
  auto* job = static_cast<Job*>(thread->argument);
  EXPECT_EQ(thread->word[0], static_cast<uint64_t>(job->steps));
  thread->word[0]++;
  job->steps++;
  if (reply) job->replies.push_back(reply->listen.listener);
  if (static_cast<int>(job->replies.size()) == job->replies_wanted) return;
  job->tokens.push_back(pika_microthread_wait(s, thread, step));
  if (!job->ask_myself) return;
  pika_msg msg{};
  msg.type = PIKA_MSG_LISTEN;
  msg.listen.cookie = job->tokens.back();
  pika_send(s, s->id, &msg);
}

class microthread : public testing::Test {
 protected:
  microthread() : world(1, 1) {
    pika_arena memory = world.arena();
    EXPECT_EQ(pika_microthreads_init(s, &memory, 4), 0);
    s->handlers[PIKA_MSG_LISTEN] = [](pika_server* s, const pika_msg* msg) {
      pika_microthread_resume(s, msg->listen.cookie, msg);
    };
  }
  void reply(uint64_t token, uint32_t number = 1) {
    pika_msg msg{};
    msg.type = PIKA_MSG_LISTEN;
    msg.listen.cookie = token;
    msg.listen.listener = number;
    world.endpoint(0).send(0, msg);
    world.run();
  }
  /// Those that wait.
  uint32_t used() {
    const auto& all = *s->microthreads;
    return all.pool.used - (all.spare != PIKA_POOL_NONE);
  }
  pika_microthread_stats& stats() { return s->microthreads->stats; }

  World world;
  pika_server* s = world.server(0);
};

TEST_F(microthread, start__that_does_not_wait_runs_at_once_and_is_gone) {
  Job job;
  EXPECT_TRUE(pika_microthread_start(s, step, &job));
  EXPECT_EQ(job.steps, 1);
  EXPECT_EQ(used(), 0u);
}

TEST_F(microthread, wait__resumes_with_its_reply) {
  Job job{.replies_wanted = 1};
  pika_microthread_start(s, step, &job);
  EXPECT_EQ(used(), 1u);
  reply(job.tokens[0], 42);
  EXPECT_EQ(job.replies, std::vector<uint64_t>{42});
  EXPECT_EQ(used(), 0u);
}

TEST_F(microthread, wait__several_times_keeps_what_it_remembers) {
  Job job{.replies_wanted = 3};
  pika_microthread_start(s, step, &job);
  for (uint32_t i = 0; i < 3; i++) reply(job.tokens[i], i);
  EXPECT_EQ(job.replies, (std::vector<uint64_t>{0, 1, 2}));
  EXPECT_EQ(std::set(job.tokens.begin(), job.tokens.end()).size(), 3u);
  EXPECT_EQ(used(), 0u);
}

TEST_F(microthread, replies__in_another_order_find_their_own) {
  Job jobs[4];
  for (auto& job : jobs) {
    job.replies_wanted = 1;
    pika_microthread_start(s, step, &job);
  }
  for (int i : {2, 0, 3, 1}) reply(jobs[i].tokens[0], i);
  for (uint64_t i = 0; i < 4; i++) EXPECT_EQ(jobs[i].replies, std::vector<uint64_t>{i});
}

TEST_F(microthread, reply__of_this_server_may_come_before_sending_returns) {
  Job job{.replies_wanted = 5, .ask_myself = true};
  pika_microthread_start(s, step, &job);
  EXPECT_EQ(job.steps, 6);
  EXPECT_EQ(used(), 0u);
}

TEST_F(microthread, exhaustion__is_refused_and_counted) {
  Job jobs[5];
  for (auto& job : jobs) job.replies_wanted = 1;
  for (int i = 0; i < 4; i++) EXPECT_TRUE(pika_microthread_start(s, step, &jobs[i]));
  EXPECT_FALSE(pika_microthread_start(s, step, &jobs[4]));
  EXPECT_EQ(jobs[4].steps, 0);
  EXPECT_EQ(stats().refused, 1u);
  reply(jobs[2].tokens[0]);
  EXPECT_TRUE(pika_microthread_start(s, step, &jobs[4]));
}

TEST_F(microthread, start__inside_a_step_has_its_own_place) {
  struct Outer {
    Job inner[2];
  } outer;
  outer.inner[1].replies_wanted = 1;
  pika_microthread_start(
      s,
      [](pika_server* s, pika_microthread* thread, const pika_msg*) {
        auto* outer = static_cast<Outer*>(thread->argument);
        thread->word[0] = 5;
        for (auto& job : outer->inner) pika_microthread_start(s, step, &job);
        EXPECT_EQ(thread->word[0], 5u);
      },
      &outer);
  EXPECT_EQ(outer.inner[0].steps + outer.inner[1].steps, 2);
  EXPECT_EQ(used(), 1u);
  reply(outer.inner[1].tokens[0]);
  EXPECT_EQ(used(), 0u);
  EXPECT_LE(s->microthreads->pool.used, 1u);
}

TEST_F(microthread, start__inside_a_step_gives_its_place_back) {
  Job inner;
  const auto nest = [](pika_server* s, pika_microthread* thread, const pika_msg*) {
    pika_microthread_start(s, step, thread->argument);
  };
  for (int i = 0; i < 10; i++) {
    inner = {};
    EXPECT_TRUE(pika_microthread_start(s, nest, &inner));
    EXPECT_EQ(inner.steps, 1);
  }
  EXPECT_EQ(used(), 0u);
}

TEST_F(microthread, stale__reply_is_counted_and_ignored) {
  Job first{.replies_wanted = 1}, second{.replies_wanted = 1};
  pika_microthread_start(s, step, &first);
  reply(first.tokens[0]);
  pika_microthread_start(s, step, &second);
  reply(first.tokens[0]);
  reply(PIKA_HANDLE_NONE);
  reply(~0ULL);
  EXPECT_EQ(stats().stale, 3u);
  EXPECT_EQ(second.steps, 1);
}

TEST_F(microthread, stale__reply_to_an_earlier_request_does_not_pass_for_one_to_a_later) {
  Job job{.replies_wanted = 2};
  pika_microthread_start(s, step, &job);
  reply(job.tokens[0]);
  reply(job.tokens[0]);
  EXPECT_EQ(job.replies.size(), 1u);
  EXPECT_EQ(stats().stale, 1u);
}

TEST_F(microthread, cancel__ends_one_that_waits) {
  Job job{.replies_wanted = 1};
  pika_microthread_start(s, step, &job);
  EXPECT_TRUE(pika_microthread_cancel(s, job.tokens[0]));
  EXPECT_FALSE(pika_microthread_cancel(s, job.tokens[0]));
  reply(job.tokens[0]);
  EXPECT_EQ(job.steps, 1);
  EXPECT_EQ(used(), 0u);
}

TEST_F(microthread, init__without_memory_is_refused) {
  World small(1, 1);
  pika_arena nothing{};
  EXPECT_EQ(pika_microthreads_init(small.server(0), &nothing, 4), -ENOMEM);
  EXPECT_EQ(small.server(0)->microthreads, nullptr);
}

}  // namespace
