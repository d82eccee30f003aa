// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer wheel. Runs on its server's core only; reads no clock.
 */

#include "timer.h"

/* How far ahead a timer can be placed: the top level is a ring. */
#define REACH_MS \
	((PIKA_TIMER_SLOTS - 1) << PIKA_TIMER_BITS * (PIKA_TIMER_LEVELS - 1))

static void head_init(struct pika_timer *head, u32 number)
{
	head->next = head;
	head->prev = head;
	head->expires_ms = number;
}

/**
 * pika_wheel_init() - no timers
 * @wheel: to be filled in
 * @now_ms: the present tick
 */
void pika_wheel_init(struct pika_wheel *wheel, u32 now_ms)
{
	u32 level, i;

	memset(wheel, 0, sizeof(*wheel));
	wheel->now_ms = now_ms;
	for (level = 0; level < PIKA_TIMER_LEVELS; level++)
		for (i = 0; i < PIKA_TIMER_SLOTS; i++)
			head_init(&wheel->slots[level][i],
				  level * PIKA_TIMER_SLOTS + i);
	head_init(&wheel->late, PIKA_TIMER_LEVELS * PIKA_TIMER_SLOTS);
}

/**
 * pika_timer_init() - a timer that is not armed
 * @timer: to be filled in
 */
void pika_timer_init(struct pika_timer *timer)
{
	memset(timer, 0, sizeof(*timer));
}

static u64 *occupied_word(struct pika_wheel *wheel,
			  const struct pika_timer *head)
{
	return &wheel->occupied[head->expires_ms / PIKA_TIMER_SLOTS];
}

static u64 occupied_bit(const struct pika_timer *head)
{
	return 1ULL << head->expires_ms % PIKA_TIMER_SLOTS;
}

static inline void add_last(struct pika_timer *head, struct pika_timer *timer)
{
	timer->next = head;
	timer->prev = head->prev;
	head->prev->next = timer;
	head->prev = timer;
}

static void link_last(struct pika_wheel *wheel, struct pika_timer *head,
		      struct pika_timer *timer)
{
	add_last(head, timer);
	*occupied_word(wheel, head) |= occupied_bit(head);
}

static void unlink_timer(struct pika_wheel *wheel, struct pika_timer *timer)
{
	struct pika_timer *next = timer->next;
	struct pika_timer *prev = timer->prev;

	next->prev = prev;
	prev->next = next;
	timer->next = NULL;
	/* Only a head has one neighbour on both sides. */
	if (next == prev)
		*occupied_word(wheel, next) &= ~occupied_bit(next);
}

/* Puts a timer where it waits for @tick, which is not before the wheel's. */
static void place(struct pika_wheel *wheel, struct pika_timer *timer, u32 tick)
{
	u32 level = 0, differ, shift, slot;
	struct pika_timer *head;

	/* Put off: it comes down from there when that slot is entered. */
	if (unlikely(tick - wheel->now_ms > REACH_MS))
		tick = wheel->now_ms + REACH_MS;
	differ = tick ^ wheel->now_ms;
	if (differ >= PIKA_TIMER_SLOTS)
		level = (31 - __builtin_clz(differ)) / PIKA_TIMER_BITS;
	if (unlikely(level >= PIKA_TIMER_LEVELS))
		level = PIKA_TIMER_LEVELS - 1;
	shift = level * PIKA_TIMER_BITS;
	tick >>= shift;
	if (pika_ms_before(tick << shift, wheel->soonest_ms))
		wheel->soonest_ms = tick << shift;
	slot = tick % PIKA_TIMER_SLOTS;
	head = &wheel->slots[level][slot];
	add_last(head, timer);
	wheel->occupied[level] |= 1ULL << slot;
}

/**
 * pika_timer_arm() - let a timer fire; if it was armed already, only then
 * @wheel: the server's, run or woken less than 2^31 ms ago
 * @timer: the server's until it fires or is cancelled
 * @expires_ms: the tick; less than 2^31 after the wheel's. One that was run
 *	already means the next run.
 *
 * Context: the server's core.
 */
void pika_timer_arm(struct pika_wheel *wheel, struct pika_timer *timer,
		    u32 expires_ms)
{
	if (pika_timer_armed(timer)) {
		if (timer->expires_ms == expires_ms)
			return;
		unlink_timer(wheel, timer);
		wheel->armed--;
	}
	if (!wheel->armed++)
		wheel->soonest_ms = wheel->now_ms + REACH_MS;
	timer->expires_ms = expires_ms;
	if (likely(pika_ms_before(wheel->now_ms, expires_ms))) {
		place(wheel, timer, expires_ms);
	} else {
		link_last(wheel, &wheel->late, timer);
		wheel->unfinished = true;
	}
}

/**
 * pika_timer_cancel() - a timer is not to fire
 * @wheel: the server's
 * @timer: may be not armed
 *
 * Context: the server's core.
 */
void pika_timer_cancel(struct pika_wheel *wheel, struct pika_timer *timer)
{
	if (!pika_timer_armed(timer))
		return;
	unlink_timer(wheel, timer);
	wheel->armed--;
}

/* In how many ticks the first slot of @level that is occupied is entered. */
static u32 ticks_to(const struct pika_wheel *wheel, u32 level)
{
	u32 shift = level * PIKA_TIMER_BITS;
	u32 at = wheel->now_ms >> shift;
	u32 from = at % PIKA_TIMER_SLOTS;
	u64 bits = wheel->occupied[level];

	bits = bits >> from | bits << (-from % PIKA_TIMER_SLOTS);
	return ((at + __builtin_ctzll(bits)) << shift) - wheel->now_ms;
}

/*
 * The first timer of the slot that is entered first, NULL if there is none. All
 * levels are looked at: where a budget ended, a slot of an upper one may be
 * half emptied.
 */
static struct pika_timer *first_timer(const struct pika_wheel *wheel,
				      u32 *ticks, u32 *level)
{
	u32 best = ~0u, l, t;

	for (l = 0; l < PIKA_TIMER_LEVELS; l++) {
		if (!wheel->occupied[l])
			continue;
		t = ticks_to(wheel, l);
		if (t >= best)
			continue;
		best = t;
		*level = l;
	}
	if (best == ~0u)
		return NULL;
	*ticks = best;
	l = (wheel->now_ms + best) >> *level * PIKA_TIMER_BITS;
	return wheel->slots[*level][l % PIKA_TIMER_SLOTS].next;
}

/* What was late before this run is due in it; what will be is not. */
static void take_late(struct pika_wheel *wheel)
{
	struct pika_timer *late = &wheel->late, *timer;

	while (late->next != late) {
		timer = late->next;
		unlink_timer(wheel, timer);
		place(wheel, timer, wheel->now_ms);
	}
}

/* Goes on to the first slot that is entered by @now_ms; NULL if none is. */
static struct pika_timer *advance(struct pika_wheel *wheel, u32 now_ms,
				  u32 *level)
{
	struct pika_timer *timer;
	u32 ticks;

	timer = first_timer(wheel, &ticks, level);
	if (!timer)
		return NULL;
	wheel->soonest_ms = wheel->now_ms + ticks;
	if (pika_ms_before(now_ms, wheel->soonest_ms))
		return NULL;
	wheel->now_ms = wheel->soonest_ms;
	return timer;
}

/* Fires a timer of level 0, moves one of another level down. */
static u32 step(struct pika_wheel *wheel, struct pika_timer *timer, u32 level,
		pika_timer_fn fire, void *context)
{
	unlink_timer(wheel, timer);
	if (level) {
		place(wheel, timer, timer->expires_ms);
		return 0;
	}
	wheel->armed--;
	fire(context, timer);
	return 1;
}

/**
 * pika_wheel_turn() - pika_wheel_run() where there may be something to do
 * @wheel: as there
 * @now_ms: as there
 * @budget: as there
 * @fire: as there
 * @context: as there
 *
 * Return: how many fired.
 */
u32 pika_wheel_turn(struct pika_wheel *wheel, u32 now_ms, u32 budget,
		    pika_timer_fn fire, void *context)
{
	struct pika_timer *timer;
	u32 fired = 0, level;

	wheel->unfinished = false;
	take_late(wheel);
	while ((timer = advance(wheel, now_ms, &level))) {
		if (!budget--) {
			wheel->unfinished = true;
			return fired;
		}
		fired += step(wheel, timer, level, fire, context);
	}
	wheel->now_ms = now_ms;
	return fired;
}

/**
 * pika_wheel_next() - how long the server may sleep
 * @wheel: the server's
 * @expires_ms: set to the tick at which pika_wheel_run() may have something to
 *	do next: not after the first expiry, or that of the last run if it left
 *	something due
 *
 * Return: false if no timer is armed; @expires_ms is then not set.
 */
bool pika_wheel_next(const struct pika_wheel *wheel, u32 *expires_ms)
{
	if (!wheel->armed)
		return false;
	*expires_ms = wheel->unfinished ? wheel->now_ms : wheel->soonest_ms;
	return true;
}
