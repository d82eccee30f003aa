// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads who may use a stack, and asks whether the caller is one of them. In
 * process context.
 */

#include "allow.h"

#include <linux/cgroup.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "compat.h"

static int parse_gid(struct pika_allow *allow, const char *text,
		     struct netlink_ext_ack *extack)
{
	u32 gid;

	if (!kstrtou32(text, 10, &gid))
		allow->gid = make_kgid(current_user_ns(), gid);
	if (gid_valid(allow->gid))
		return 0;
	pika_refuse(extack, "allow gid:%.32s: expected a group's number", text);
	return -EINVAL;
}

static int parse_cgroup(struct pika_allow *allow, const char *path,
			struct netlink_ext_ack *extack)
{
	struct cgroup *cgroup = cgroup_get_from_path(path);

	if (IS_ERR(cgroup)) {
		pika_refuse(extack, "allow cgroup:%.64s: no such cgroup (v2)",
			    path);
		return PTR_ERR(cgroup);
	}
	allow->cgroup = cgroup;
	return 0;
}

/**
 * pika_allow_parse() - who may use a stack
 * @allow: zeroed; to be released after success
 * @text: root, all, gid:N or cgroup:PATH; NULL: root
 * @extack: told in one line what is wrong
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_allow_parse(struct pika_allow *allow, const char *text,
		     struct netlink_ext_ack *extack)
{
	allow->gid = INVALID_GID;
	if (strscpy(allow->text, text ?: "root", sizeof(allow->text)) < 0) {
		pika_refuse(extack, "allow: longer than %u bytes",
			    PIKA_ALLOW_TEXT - 1);
		return -E2BIG;
	}
	text = allow->text;
	allow->all = !strcmp(text, "all");
	if (allow->all || !strcmp(text, "root"))
		return 0;
	if (strstarts(text, "gid:"))
		return parse_gid(allow, text + strlen("gid:"), extack);
	if (strstarts(text, "cgroup:"))
		return parse_cgroup(allow, text + strlen("cgroup:"), extack);
	pika_refuse(extack,
		    "allow %.32s: expected root, all, gid:N or cgroup:PATH",
		    text);
	return -EINVAL;
}

/**
 * pika_allow_release() - it is not asked any more
 * @allow: may not have been parsed
 *
 * Context: process.
 */
void pika_allow_release(struct pika_allow *allow)
{
	if (allow->cgroup)
		cgroup_put(allow->cgroup);
	allow->cgroup = NULL;
}

static bool is_in(struct cgroup *cgroup)
{
	bool is;

	rcu_read_lock();
	is = task_under_cgroup_hierarchy(current, cgroup);
	rcu_read_unlock();
	return is;
}

/**
 * pika_allow_me() - may the caller make a socket?
 * @allow: of the stack
 *
 * Context: process.
 * Return: true if it may.
 */
bool pika_allow_me(const struct pika_allow *allow)
{
	return allow->all || uid_eq(current_euid(), GLOBAL_ROOT_UID) ||
	       (gid_valid(allow->gid) && in_egroup_p(allow->gid)) ||
	       (allow->cgroup && is_in(allow->cgroup));
}
