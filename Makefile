# SPDX-License-Identifier: GPL-2.0-only
#
# Dispatches; what is done lies in tools/, userspace/ and selftests/.

# The kernel to build pika.ko for: 6.1, 6.12, 7, debug or a whole release.
# Default: the newest one with headers installed.
KVER ?=

all: module userspace

module:
	@tools/kbuild $(KVER)

userspace:
	@$(MAKE) -s -C userspace
	@$(MAKE) -s -C tools/nic82599
	@echo build/bin/pikactl

demo: setup
	@tools/demo

test: setup
	@selftests/run test

check: setup
	@selftests/run check

test-debug: setup
	@tools/setup debug
	@selftests/run debug

test-full: setup
	@tools/setup debug bookworm dpdk
	@selftests/run full

bench: setup
	@tools/setup bench
	@tools/bench/run

bench-vm: setup
	@tools/bench/vm

install: userspace
	@$(MAKE) -s -C userspace install
	@$(MAKE) -s -C tools/nic82599 install

uninstall:
	@$(MAKE) -s -C userspace uninstall
	@$(MAKE) -s -C tools/nic82599 uninstall

style: setup
	@tools/style/run

setup:
	@tools/setup

clean:
	rm -rf build

help:
	@echo "make             build pika.ko (KVER=) and the programs into build/"
	@echo "make demo        see it run, in a guest"
	@echo "make check       tests on this machine only, under two minutes"
	@echo "make test        all tests, guests included"
	@echo "make test-debug  on a kernel with KASAN, lockdep and kmemleak"
	@echo "make test-full   all of that"
	@echo "make bench       measure, against what others made"
	@echo "make bench-vm    count instructions in a guest, PIKA's beside Linux's"
	@echo "make style       the style gates alone"
	@echo "make install     programs, manual pages, completions to PREFIX (/usr/local), DESTDIR"
	@echo "make uninstall   takes them away again"
	@echo "make clean       remove build/"

.PHONY: all module userspace demo test check test-debug test-full bench bench-vm install uninstall \
	style setup clean help
