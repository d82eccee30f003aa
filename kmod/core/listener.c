// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which listener is a SYN for, and which two cannot be at the same time. Runs
 * on the server's own core. Who may listen where (privileges, SO_REUSEADDR) was
 * decided by the host before it asked us.
 */

#include "listener.h"

#include "hash.h"
#include "packet.h"

static const struct pika_addr any_v4 = {
	{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }
};

static const struct pika_addr any_v6;

static bool same(const struct pika_addr *a, const struct pika_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static u32 hash_port(const struct pika_listeners *listeners,
		     const struct pika_addr *addr, u16 port)
{
	u64 word[2];

	memcpy(word, addr, sizeof(word));
	return pika_hash(word[0] ^ word[1] ^ port, listeners->mask);
}

static u32 hash_id(const struct pika_listeners *listeners, u32 id)
{
	return pika_hash(id, listeners->mask);
}

/**
 * pika_listeners_init() - no listeners yet
 * @listeners: to be filled in
 * @arena: memory
 * @count: at most so many
 *
 * Return: false if @arena has too little.
 */
bool pika_listeners_init(struct pika_listeners *listeners,
			 struct pika_arena *arena, u32 count)
{
	u32 chains = pika_hash_chains(count);
	size_t size = chains * sizeof(struct pika_listener *);
	void *objects =
		pika_arena_take(arena, count * sizeof(struct pika_listener));
	struct pika_pool_slot *slots =
		pika_arena_take(arena, count * sizeof(*slots));
	struct pika_listener **by_port = pika_arena_take(arena, size);
	struct pika_listener **by_id = pika_arena_take(arena, size);

	if (!objects || !slots || !by_port || !by_id)
		return false;
	pika_pool_init(&listeners->pool, objects, slots,
		       sizeof(struct pika_listener), count);
	listeners->by_port = by_port;
	listeners->by_id = by_id;
	listeners->mask = chains - 1;
	return true;
}

static struct pika_listener *find(const struct pika_listeners *listeners,
				  const struct pika_addr *addr, u16 port)
{
	struct pika_listener *each;

	each = listeners->by_port[hash_port(listeners, addr, port)];
	while (each && !(each->port == port && same(&each->addr, addr)))
		each = each->next_port;
	return each;
}

static bool takes_v4(const struct pika_listener *listener)
{
	return listener && !listener->v6only;
}

/*
 * The same address and port, or both any address of IPv4. A listener for one
 * address may stand beside one for any.
 */
static bool conflicts(const struct pika_listeners *listeners,
		      const struct pika_msg_listen *listen)
{
	if (find(listeners, &listen->addr, listen->port))
		return true;
	if (same(&listen->addr, &any_v4))
		return takes_v4(find(listeners, &any_v6, listen->port));
	if (same(&listen->addr, &any_v6) && !listen->v6only)
		return find(listeners, &any_v4, listen->port);
	return false;
}

static void fill(struct pika_listener *listener,
		 const struct pika_msg_listen *listen)
{
	*listener = (struct pika_listener) {
		.addr = listen->addr,
		.port = listen->port,
		.v6only = listen->v6only,
		.id = listen->listener,
		.backlog = listen->backlog,
	};
	pika_list_init(&listener->ready);
	pika_list_init(&listener->busy);
	pika_list_init(&listener->absent);
	pika_list_init(&listener->waiting);
	pika_list_init(&listener->offered);
	pika_list_init(&listener->late);
	pika_list_init(&listener->waking_link);
}

/**
 * pika_listener_add() - a listening port appears
 * @listeners: the CM's
 * @listen: what was asked for
 * @error: set if it cannot be: -EADDRINUSE, -ENOSPC, or -EEXIST for a number
 *	that is in use
 *
 * Return: the listener, or NULL.
 */
struct pika_listener *pika_listener_add(struct pika_listeners *listeners,
					const struct pika_msg_listen *listen,
					int *error)
{
	struct pika_listener *listener;
	struct pika_listener **chain;
	u32 index;

	*error = -EEXIST;
	if (pika_listener_by_id(listeners, listen->listener))
		return NULL;
	*error = -EADDRINUSE;
	if (conflicts(listeners, listen))
		return NULL;
	*error = -ENOSPC;
	index = pika_pool_take(&listeners->pool);
	if (index == PIKA_POOL_NONE)
		return NULL;
	*error = 0;
	listeners->last = NULL;
	listener = pika_pool_at(&listeners->pool, index);
	fill(listener, listen);
	chain = &listeners->by_port[hash_port(listeners, &listen->addr,
					      listen->port)];
	listener->next_port = *chain;
	*chain = listener;
	chain = &listeners->by_id[hash_id(listeners, listen->listener)];
	listener->next_id = *chain;
	*chain = listener;
	return listener;
}

/**
 * pika_listener_is() - is this the listener that is asked for?
 * @listener: one that is there
 * @listen: what is asked for
 *
 * Return: true if it differs in its backlog at most.
 */
bool pika_listener_is(const struct pika_listener *listener,
		      const struct pika_msg_listen *listen)
{
	return listener->id == listen->listener &&
	       listener->port == listen->port &&
	       listener->v6only == !!listen->v6only &&
	       same(&listener->addr, &listen->addr);
}

/**
 * pika_listener_remove() - a listener can no longer be found
 * @listeners: the CM's
 * @listener: still to be pika_listener_put()
 */
void pika_listener_remove(struct pika_listeners *listeners,
			  struct pika_listener *listener)
{
	struct pika_listener **at;

	listeners->last = NULL;
	at = &listeners->by_port[hash_port(listeners, &listener->addr,
					   listener->port)];
	while (*at != listener)
		at = &(*at)->next_port;
	*at = listener->next_port;
	at = &listeners->by_id[hash_id(listeners, listener->id)];
	while (*at != listener)
		at = &(*at)->next_id;
	*at = listener->next_id;
}

/**
 * pika_listener_put() - give a listener's memory back
 * @listeners: the CM's
 * @listener: removed, and nothing points to it
 */
void pika_listener_put(struct pika_listeners *listeners,
		       struct pika_listener *listener)
{
	struct pika_listener *all = listeners->pool.objects;

	pika_pool_put(&listeners->pool, listener - all);
}

/**
 * pika_listener_by_id() - the listener that a message is about
 * @listeners: the CM's
 * @id: the application side's number
 *
 * Return: the listener, or NULL: it has gone.
 */
struct pika_listener *
pika_listener_by_id(const struct pika_listeners *listeners, u32 id)
{
	struct pika_listener *each;

	each = listeners->by_id[hash_id(listeners, id)];
	while (each && each->id != id)
		each = each->next_id;
	return each;
}

/*
 * The most specific one, as Linux's: the address itself, any of its family, and
 * for IPv4 an IPv6 listener that is not v6only.
 */
static struct pika_listener *best_of(const struct pika_listeners *listeners,
				     const struct pika_addr *addr, u16 port)
{
	bool v4 = pika_addr_is_v4(addr);
	struct pika_listener *listener = find(listeners, addr, port);

	if (!listener && v4)
		listener = find(listeners, &any_v4, port);
	if (listener)
		return listener;
	listener = find(listeners, &any_v6, port);
	return v4 && !takes_v4(listener) ? NULL : listener;
}

/**
 * pika_listener_for() - the listener that a SYN is for
 * @listeners: the CM's
 * @addr: destination address
 * @port: destination port, host order
 *
 * Return: the listener, or NULL.
 */
struct pika_listener *pika_listener_for(struct pika_listeners *listeners,
					const struct pika_addr *addr, u16 port)
{
	struct pika_listener *last = listeners->last;

	if (likely(last && last->port == port &&
		   same(&listeners->last_addr, addr)))
		return last;
	listeners->last = best_of(listeners, addr, port);
	listeners->last_addr = *addr;
	return listeners->last;
}
