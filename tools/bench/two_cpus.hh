// SPDX-License-Identifier: GPL-2.0-only
//
// What benchmarks of two threads have in common: each has a CPU of its own, and
// knows whether it had to share it.
#ifndef PIKA_BENCH_TWO_CPUS_HH
#define PIKA_BENCH_TWO_CPUS_HH

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <stdexcept>

namespace bench {

struct TwoCpus {
  int near;
  int far;
};

/// The first two CPUs that this process may use, before any of it was pinned.
inline const TwoCpus& two_cpus() {
  static const TwoCpus cpus = [] {
    cpu_set_t set;
    int found[2];
    int n = 0;
    sched_getaffinity(0, sizeof(set), &set);
    for (int cpu = 0; cpu < CPU_SETSIZE && n < 2; ++cpu)
      if (CPU_ISSET(cpu, &set)) found[n++] = cpu;
    if (n < 2) throw std::runtime_error("one CPU; needs two");
    return TwoCpus{found[0], found[1]};
  }();
  return cpus;
}

/// From now on this thread runs on @p cpu alone.
inline void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

/// How often this thread had to leave its CPU to others.
inline long preemptions() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

}  // namespace bench

#endif  // PIKA_BENCH_TWO_CPUS_HH
