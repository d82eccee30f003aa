// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/core/ring.[ch] and bell.h: a ring, the bells of both its ends, and who
 * waits for room. Checked: messages arrive once and in order, and no state in
 * which the consumer sleeps with a message in the ring or the producer waits
 * with room in it, from which nobody gets them out: a deadlock to Spin. What
 * runs in turns for ever is not looked at: who polls may as well sleep.
 *
 * Stores go through a buffer of each side and become visible in any order,
 * but a release store after all before it; a full barrier waits for the buffer
 * to be empty. Loads are in program order.
 *
 * SEEDED_ERROR leaves out one thing, which must then be found missing.
 */

#ifndef SEEDED_ERROR
#define SEEDED_ERROR 0
#endif

#define SLOTS		2
#define MESSAGES	9
#define COUNTS		8	/* counts of messages wrap, as at 2^32 */
#define ADD(n, m)	(((n) + (m)) % COUNTS)
#define LAP(n)		((n) / SLOTS + 1)
#define SLOT(n)		((n) % SLOTS)

/* Each line of memory that matters. The tail and C_ARMED are the consumer's. */
#define TAG(n)		(SLOT(n))
#define DATA(n)		(SLOTS + SLOT(n))
#define WANT_ROOM	(2 * SLOTS)
#define P_ARMED		(2 * SLOTS + 1)
#define TAIL		(2 * SLOTS + 2)
#define C_ARMED		(2 * SLOTS + 3)
#define LINES		(2 * SLOTS + 4)

#define PRODUCER	0
#define CONSUMER	1
#define DEPTH		4	/* of a store buffer */
#define STORE(side, i)	((side) * DEPTH + (i))

byte memory[LINES];
byte buffered[2];
byte line[2 * DEPTH];
byte value[2 * DEPTH];
bit release[2 * DEPTH];

/* A bell that rings before its owner sleeps keeps it from sleeping. */
bit rung[2];

inline buffer(side, where, what, is_release)
{
	atomic {
		buffered[side] < DEPTH;
		line[STORE(side, buffered[side])] = where;
		value[STORE(side, buffered[side])] = what;
		release[STORE(side, buffered[side])] = is_release;
		buffered[side]++
	}
}

#define store(side, where, what)		buffer(side, where, what, 0)
#define store_release(side, where, what)	buffer(side, where, what, 1)
#define full_barrier(side)			(buffered[side] == 0)

/* A side sees its own stores at once. */
inline load(side, where, what)
{
	d_step {
		what = memory[where];
		i = 0;
		do
		:: i < buffered[side] ->
			if
			:: line[STORE(side, i)] == where ->
				what = value[STORE(side, i)]
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0
	}
}

#define DIFFER(side, a, b)	(line[STORE(side, a)] != line[STORE(side, b)])
#define CAN_OVERTAKE(side, i)	(buffered[side] > (i) && !release[STORE(side, i)])

/* Makes one buffered store visible: the first, or one that may overtake. */
proctype store_buffer(byte side)
{
	byte i;

end:	do
	:: atomic {
		buffered[side] > 0 ->
		if
		:: i = 0
		:: CAN_OVERTAKE(side, 1) && DIFFER(side, 1, 0) -> i = 1
		:: CAN_OVERTAKE(side, 2) && DIFFER(side, 2, 0) &&
			DIFFER(side, 2, 1) -> i = 2
		:: CAN_OVERTAKE(side, 3) && DIFFER(side, 3, 0) &&
			DIFFER(side, 3, 1) && DIFFER(side, 3, 2) -> i = 3
		fi;
		memory[line[STORE(side, i)]] = value[STORE(side, i)];
		do
		:: i + 1 < buffered[side] ->
			line[STORE(side, i)] = line[STORE(side, i + 1)];
			value[STORE(side, i)] = value[STORE(side, i + 1)];
			release[STORE(side, i)] = release[STORE(side, i + 1)];
			i++
		:: else -> break
		od;
		line[STORE(side, i)] = 0;
		value[STORE(side, i)] = 0;
		release[STORE(side, i)] = 0;
		buffered[side]--;
		i = 0
	}
	od
}

inline sleep(side)
{
	atomic { rung[side]; rung[side] = 0 }
}

inline ring_if_armed(side, other, armed)
{
	load(side, armed, x);
	if
	:: x -> rung[other] = 1
	:: else
	fi;
	x = 0
}

inline take_credit()
{
	load(PRODUCER, TAIL, x);
	limit = ADD(x, SLOTS);
	room = head != limit;
	x = 0
}

/* pika_producer_renew() */
inline renew()
{
	take_credit();
	load(PRODUCER, WANT_ROOM, wants);
	if
	:: !room && !wants ->
		store(PRODUCER, WANT_ROOM, 1);
		wants = 1;
#if SEEDED_ERROR != 4
		full_barrier(PRODUCER);
#endif
		take_credit()
	:: else
	fi;
	if
	:: room && wants -> store(PRODUCER, WANT_ROOM, 0)
	:: else
	fi;
	wants = 0
}

/* pika_ring_push() */
inline push()
{
	room = head != limit;
	if
	:: room
	:: else -> renew()
	fi;
	if
	:: room ->
		store(PRODUCER, DATA(head), sent);
#if SEEDED_ERROR == 8
		store(PRODUCER, TAG(head), LAP(head));
#else
		store_release(PRODUCER, TAG(head), LAP(head));
#endif
		head = ADD(head, 1);
		sent++;
		unrung = 1
	:: else
	fi
}

/* Sends batches of any size; out of room, it polls, or sleeps until there is. */
proctype producer(bit always_armed)
{
	byte head, sent, x, i;
	byte limit = SLOTS;
	bit room, wants, unrung;

	if
	:: always_armed -> store(PRODUCER, P_ARMED, 1); full_barrier(PRODUCER)
	:: else
	fi;
pass:	room = 1;
	do
	:: sent < MESSAGES && room -> push()
	:: sent == MESSAGES || !room -> break
	:: unrung -> break
	od;
	if
	:: unrung ->
		unrung = 0;
#if SEEDED_ERROR != 3
		full_barrier(PRODUCER);
#endif
		ring_if_armed(PRODUCER, CONSUMER, C_ARMED)
	:: else
	fi;
	if
	:: sent == MESSAGES -> goto done
	:: sent < MESSAGES && room -> goto pass
	:: sent < MESSAGES && !room && always_armed ->
		sleep(PRODUCER);
		goto pass
	:: sent < MESSAGES && !room && !always_armed -> goto pass
	:: sent < MESSAGES && !room && !always_armed
	fi;
	store(PRODUCER, P_ARMED, 1);
	full_barrier(PRODUCER);
#if SEEDED_ERROR != 5
	renew();
#endif
	if
	:: room
	:: else -> sleep(PRODUCER)
	fi;
	store(PRODUCER, P_ARMED, 0);
	goto pass;
done:	skip
}

/* pika_consumer_publish() */
inline publish()
{
	if
	:: published != tail ->
		published = tail;
		unanswered = 1;
		store_release(CONSUMER, TAIL, tail)
	:: else
	fi
}

/* pika_consumer_owes_bell(), and the ringing */
inline pay_bell()
{
	if
	:: unanswered ->
		unanswered = 0;
#if SEEDED_ERROR != 6
		full_barrier(CONSUMER);
#endif
		load(CONSUMER, WANT_ROOM, x);
		if
		:: x -> ring_if_armed(CONSUMER, PRODUCER, P_ARMED)
		:: else
		fi;
		x = 0
	:: else
	fi
}

/* pika_ring_peek() */
inline peek()
{
	load(CONSUMER, TAG(tail), x);
	there = x == LAP(tail);
	x = 0
}

inline handle()
{
	load(CONSUMER, DATA(tail), x);
	assert(x == got);
	x = 0
}

/* pika_ring_pop(): whether it publishes is open, so that any interval will do. */
inline pop()
{
	tail = ADD(tail, 1);
	got++;
	if
	:: publish()
	:: skip
	fi
}

/* Takes as many as it likes; the ring empty, it polls, or sleeps. */
proctype consumer(bit always_armed)
{
	byte tail, published, got, x, i;
	bit there, unanswered;

	if
	:: always_armed -> store(CONSUMER, C_ARMED, 1); full_barrier(CONSUMER)
	:: else
	fi;
pass:	do
	:: peek();
		if
		:: there ->
#if SEEDED_ERROR == 9
			tail = ADD(tail, 1);
			publish();
			tail = ADD(tail, COUNTS - 1);
#endif
			handle();
			pop()
		:: else -> break
		fi
	:: there -> break
	od;
	if
	:: there || got == MESSAGES
	:: else ->
#if SEEDED_ERROR != 7
		publish()
#endif
	fi;
	pay_bell();
	if
	:: got == MESSAGES -> goto done
	:: got < MESSAGES && there -> there = 0; goto pass
	:: got < MESSAGES && !there && always_armed ->
		sleep(CONSUMER);
		goto pass
	:: got < MESSAGES && !there && !always_armed -> goto pass
	:: got < MESSAGES && !there && !always_armed
	fi;
	store(CONSUMER, C_ARMED, 1);
#if SEEDED_ERROR != 1
	full_barrier(CONSUMER);
#endif
#if SEEDED_ERROR != 2
	peek();
#endif
	if
	:: there
	:: else -> sleep(CONSUMER)
	fi;
	store(CONSUMER, C_ARMED, 0);
	there = 0;
	goto pass;
done:	skip
}

init
{
	bit p, c;

	atomic {
		if
		:: p = 0
		:: p = 1
		fi;
		if
		:: c = 0
		:: c = 1
		fi;
		run producer(p);
		run consumer(c);
		run store_buffer(PRODUCER);
		run store_buffer(CONSUMER)
	}
}
