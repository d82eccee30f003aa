// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening port comes and goes. Runs on the server's own core. Answers only
 * when there is room for the answer, so that none has to be remembered.
 */

#include "listen.h"

#include "cm.h"
#include "link.h"

/* What the CM has already the link server has too. */
static int listen(struct pika_server *s, const struct pika_msg *msg)
{
	int error = 0;

	if (s->manager)
		error = pika_cm_listen(s, msg);
	if (error || !s->link)
		return min(error, 0);
	error = pika_link_listen(s->link, msg->listen.port);
	if (error && s->manager)
		pika_cm_unlisten(s, msg->listen.listener);
	return error;
}

static int unlisten(struct pika_server *s, const struct pika_msg *msg)
{
	int error = 0;

	if (s->manager)
		error = pika_cm_unlisten(s, msg->listen.listener);
	if (!error && s->link)
		pika_link_unlisten(s->link, msg->listen.port);
	return error;
}

static void on_listen(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_msg answer = {
		.type = PIKA_MSG_LISTENING,
		.listening.cookie = msg->listen.cookie,
		.listening.listener = msg->listen.listener,
	};

	if (!pika_has_room(s, msg->from)) {
		pika_hold(s);
		return;
	}
	if (msg->type == PIKA_MSG_LISTEN)
		answer.listening.error = listen(s, msg);
	else
		answer.listening.error = unlisten(s, msg);
	pika_send(s, msg->from, &answer);
}

/**
 * pika_listen_init() - take LISTEN and UNLISTEN
 * @s: a server that is being given a connection manager or a link server
 *
 * Context: set-up; more than once is no harm.
 */
void pika_listen_init(struct pika_server *s)
{
	s->handlers[PIKA_MSG_LISTEN] = on_listen;
	s->handlers[PIKA_MSG_UNLISTEN] = on_listen;
}
