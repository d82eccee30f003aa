/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may make sockets of a stack, beside root. */
#ifndef PIKA_LINUX_ALLOW_H
#define PIKA_LINUX_ALLOW_H

#include <linux/cred.h>

#define PIKA_ALLOW_TEXT	256

struct cgroup;
struct netlink_ext_ack;

/**
 * struct pika_allow - see above
 * @text: as it was given: root, all, gid:N or cgroup:PATH
 * @all: everybody
 * @gid: members of this group, if it is valid
 * @cgroup: processes in this cgroup or below, or NULL; with a reference
 */
struct pika_allow {
	char text[PIKA_ALLOW_TEXT];
	bool all;
	kgid_t gid;
	struct cgroup *cgroup;
};

int pika_allow_parse(struct pika_allow *allow, const char *text,
		     struct netlink_ext_ack *extack);
void pika_allow_release(struct pika_allow *allow);
bool pika_allow_me(const struct pika_allow *allow);

#endif /* PIKA_LINUX_ALLOW_H */
