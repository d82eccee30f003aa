/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A doubly linked circular list whose links lie in the objects. Private to one
 * server; knows nothing of what it links.
 */
#ifndef PIKA_CORE_LIST_H
#define PIKA_CORE_LIST_H

#include "env.h"

/**
 * struct pika_list - a list's head, or an object's place in a list
 * @next: the first or the next; the head itself after the last
 * @prev: the last or the one before
 */
struct pika_list {
	struct pika_list *next;
	struct pika_list *prev;
};

/* An empty list, or an object that is on none. */
static inline void pika_list_init(struct pika_list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool pika_list_empty(const struct pika_list *list)
{
	return list->next == list;
}

/* Appends @node, which is on no list, to @list. */
static inline void pika_list_add(struct pika_list *list, struct pika_list *node)
{
	node->next = list;
	node->prev = list->prev;
	list->prev->next = node;
	list->prev = node;
}

/* Takes @node off its list, if it is on one. */
static inline void pika_list_remove(struct pika_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	pika_list_init(node);
}

/* Takes @node off its list, if it is on one, and appends it to @list. */
static inline void pika_list_move(struct pika_list *list,
				  struct pika_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	pika_list_add(list, node);
}

#define pika_list_first(list, type, member) \
	container_of((list)->next, type, member)

#endif /* PIKA_CORE_LIST_H */
