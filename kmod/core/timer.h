/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server's timers: a hierarchical wheel (Varghese and Lauck, 1987) whose tick
 * is a millisecond, with intrusive entries. Arming and cancelling cost the
 * same however many timers there are; a timer never fires early, and at most
 * one tick late plus the time until the server runs.
 *
 * A timer's level is that of the highest bit in which its tick differs from the
 * wheel's. So all of one level are due before any of the next, a slot that the
 * wheel has entered is empty but for level 0, and idle time is jumped over.
 */
#ifndef PIKA_CORE_TIMER_H
#define PIKA_CORE_TIMER_H

#include "env.h"

#define PIKA_TIMER_BITS		6
#define PIKA_TIMER_SLOTS	64u	/* of each level */
#define PIKA_TIMER_LEVELS	5	/* 2^30 ms, 12 days; later is put off */

/**
 * struct pika_timer - one timer, inside the object that it is for
 * @next: in its slot's list, NULL while not armed
 * @prev: likewise
 * @expires_ms: the tick that it fires at; in a list's head, the list's number
 */
struct pika_timer {
	struct pika_timer *next;
	struct pika_timer *prev;
	u32 expires_ms;
};

/**
 * struct pika_wheel - all timers of a server
 * @slots: list heads, by level
 * @late: list head of those armed for a tick that had been run already
 * @occupied: one bit for each slot of each level that is not empty; the last
 *	word is for @late
 * @now_ms: the last tick that was run
 * @soonest_ms: with timers armed: no slot that is occupied is entered before
 * @armed: number of armed timers
 * @unfinished: some may be due although @now_ms was run
 */
struct pika_wheel {
	struct pika_timer slots[PIKA_TIMER_LEVELS][PIKA_TIMER_SLOTS];
	struct pika_timer late;
	u64 occupied[PIKA_TIMER_LEVELS + 1];
	u32 now_ms;
	u32 soonest_ms;
	u32 armed;
	bool unfinished;
};

/**
 * pika_ms_before() - compare ticks, which wrap after 49 days
 * @a: one
 * @b: another, less than 24 days away
 *
 * Return: true if @a is the earlier one.
 */
static inline bool pika_ms_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/*
 * What a timer does. It is not armed any more, and its memory is the callee's,
 * who may arm or cancel this one and any other.
 */
typedef void (*pika_timer_fn)(void *context, struct pika_timer *timer);

void pika_wheel_init(struct pika_wheel *wheel, u32 now_ms);
void pika_timer_init(struct pika_timer *timer);
void pika_timer_arm(struct pika_wheel *wheel, struct pika_timer *timer,
		    u32 expires_ms);
void pika_timer_cancel(struct pika_wheel *wheel, struct pika_timer *timer);
u32 pika_wheel_turn(struct pika_wheel *wheel, u32 now_ms, u32 budget,
		    pika_timer_fn fire, void *context);
bool pika_wheel_next(const struct pika_wheel *wheel, u32 *expires_ms);

/**
 * pika_timer_armed() - is it going to fire?
 * @timer: initialised
 *
 * Return: true from pika_timer_arm() until it fires or is cancelled.
 */
static inline bool pika_timer_armed(const struct pika_timer *timer)
{
	return timer->next;
}

/**
 * pika_wheel_wake() - the server may have slept for longer than ticks can count
 * @wheel: the server's
 * @now_ms: the present tick
 *
 * Where timers are armed before the first pika_wheel_run() after a sleep: with
 * none armed that sleep may have been of any length, and 2^31 ms make "ahead"
 * look like "before".
 */
static inline void pika_wheel_wake(struct pika_wheel *wheel, u32 now_ms)
{
	if (!wheel->armed)
		wheel->now_ms = now_ms;
}

/**
 * pika_wheel_run() - fire what is due
 * @wheel: the server's
 * @now_ms: the present tick; not before that of the last run and, if a timer is
 *	armed, less than 2^31 after it
 * @budget: timers that may be fired or moved to a lower level
 * @fire: called with @context and the timer, see pika_timer_fn
 * @context: for @fire
 *
 * In order of tick, but first those that were late. A timer that @fire arms for
 * a tick up to @now_ms fires in this run if that tick comes after the one being
 * fired, else in the next. When the budget ends the rest is left for the next
 * run, and pika_wheel_next() says so.
 *
 * Context: the server's core.
 * Return: how many fired.
 */
static inline u32 pika_wheel_run(struct pika_wheel *wheel, u32 now_ms,
				 u32 budget, pika_timer_fn fire, void *context)
{
	/* What most runs find, and what a busy server's many in a tick do. */
	if (likely(!wheel->unfinished &&
		   (!wheel->armed ||
		    pika_ms_before(now_ms, wheel->soonest_ms)))) {
		wheel->now_ms = now_ms;
		return 0;
	}
	return pika_wheel_turn(wheel, now_ms, budget, fire, context);
}

#endif /* PIKA_CORE_TIMER_H */
