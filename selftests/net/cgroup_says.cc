// SPDX-License-Identifier: GPL-2.0-only
//
// Attaches a BPF program to a cgroup that says the same to every connect() and bind():
//
//	cgroup_says yes|no CGROUP connect|bind

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

int bpf(bpf_cmd command, bpf_attr& attr) {
  const long result = syscall(SYS_bpf, command, &attr, sizeof(attr));
  if (result >= 0) return static_cast<int>(result);
  std::perror("cgroup_says: bpf");
  std::exit(1);
}

/// r0 = @answer; exit
int load(bpf_attach_type hook, int answer) {
  std::array<bpf_insn, 2> program{};
  program[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  program[0].imm = answer;
  program[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
  attr.expected_attach_type = hook;
  attr.insns = reinterpret_cast<uintptr_t>(program.data());
  attr.insn_cnt = program.size();
  attr.license = reinterpret_cast<uintptr_t>("GPL");
  return bpf(BPF_PROG_LOAD, attr);
}

void attach(int cgroup, bpf_attach_type hook, int answer) {
  bpf_attr attr{};
  attr.target_fd = cgroup;
  attr.attach_bpf_fd = load(hook, answer);
  attr.attach_type = hook;
  bpf(BPF_PROG_ATTACH, attr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int answer = std::string_view(argv[1]) == "yes" ? 1 : 0;
  const int cgroup = open(argv[2], O_RDONLY | O_DIRECTORY);
  if (cgroup < 0) {
    std::perror(argv[2]);
    return 1;
  }
  const bool connects = std::string_view(argv[3]) == "connect";
  attach(cgroup, connects ? BPF_CGROUP_INET4_CONNECT : BPF_CGROUP_INET4_BIND, answer);
  attach(cgroup, connects ? BPF_CGROUP_INET6_CONNECT : BPF_CGROUP_INET6_BIND, answer);
}
