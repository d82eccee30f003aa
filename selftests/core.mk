# SPDX-License-Identifier: GPL-2.0-only
#
# The core under the address and undefined-behaviour sanitizers, compiled once for
# the programs of several folders; as C, as in the kernel. Included where $(top) is
# set; the including file's first target stays the default one.

sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all
core := $(patsubst $(top)/kmod/%.c,$(top)/build/selftests/sanitized/%.o, \
	$(wildcard $(top)/kmod/core/*.c))

.DEFAULT_GOAL := all

$(top)/build/selftests/sanitized/%.o: $(top)/kmod/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g1 -Wall -Wextra -Werror -Wdeclaration-after-statement \
		-MMD -MP -iquote $(top)/kmod $(sanitize) -c -o $@ $<

-include $(core:.o=.d)
