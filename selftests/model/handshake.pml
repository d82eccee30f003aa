// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/core/{cm,accept,acceptor,pending,ts_accept,ts_tell}.c: how connections
 * get from a listening port to an acceptor. A CM and a TS in two servers, two
 * connections, two acceptors behind an endpoint each; rings may be full, and
 * what does not fit is sent later as it is by then. Checked: a claim that is
 * confirmed is the only one and is never withdrawn, every claim is answered,
 * and when nothing moves any more each connection that was established has been
 * delivered, or reset because its listener went; who had to be told was told,
 * nothing is counted or held that has ended, and whoever waits to be offered
 * a connection is known to wait.
 *
 * A step is one message, one event or one flush. Steps come in any order, so
 * that a server's runs may be cut anywhere. Who is chosen is open, and so is
 * when a claim is too late. A socket is closed with a reset: how TCP ends does
 * not matter here. What happens to whom is bounded, in init: all of it at once
 * to two connections would be too much to search. Not looked at is what runs in
 * turns for ever, generations, and pika_accept_relieve(): it needs a third one.
 *
 * SEEDED_ERROR breaks one thing, which must then be found broken.
 */

#ifndef SEEDED_ERROR
#define SEEDED_ERROR 0
#endif

#define CONNECTIONS	2
#define ACCEPTORS	2	/* each behind the endpoint of the same number */
#define NOBODY		2
#define NO_FLOW		2
#define SLOTS		1	/* of a ring */
#define BACKLOG		1	/* one more is let in, as in Linux */

mtype = { ADMIT, ASSIGN, ESTABLISHED, ACCEPT_TIMEOUT, CLAIMED,
	CONNECTION_CLOSED };

chan cm_ts = [SLOTS] of { mtype, byte, byte };	/* connection, acceptor */
chan ts_cm = [SLOTS] of { mtype, byte, byte };

#define MAY_FIT(a)	(room || (a) == 0 || !may_be_full)
#define HAS_ROOM(ring)	(len(ring) < SLOTS)

/*
 * The connection manager: struct pika_cm, pika_listener, pika_pending and
 * pika_acceptor. p_current: its acceptor has not registered since the offer.
 */
#define NONE		0	/* of the lists that a pending one is on */
#define WAITING		1
#define OFFERED		2
#define LATE		3
#define ABORTED		4	/* on none: its listener has gone */

bit listening = 1;
bit woken;
byte half_open;		/* the CM's */
byte l_half_open;	/* the listener's */
byte unclaimed;
byte p_list[CONNECTIONS];
byte p_acceptor[CONNECTIONS] = NOBODY;
bit p_current[CONNECTIONS];
bit p_retries[CONNECTIONS];
bit registered[ACCEPTORS];
byte offers[ACCEPTORS];
byte open[ACCEPTORS];
bit wake_retries[ACCEPTORS];

/*
 * The transport server: struct pika_tcb. FREE: not begun, or all is over, which
 * a stale handle finds too.
 */
#define FREE		0
#define SYN_RECEIVED	1
#define AGREED		2	/* ESTABLISHED, taken as a name above */
#define CLOSED		3
#define TELL_OFFER	1
#define TELL_RESULT	2
#define TELL_UPDATE	4
#define TELL_ESTABLISHED 8
#define TELL_TIMEOUT	16
#define TELL_CLAIMED	32
#define TELL_CLOSED	64
#define TELL_ENDPOINT	(TELL_OFFER | TELL_RESULT | TELL_UPDATE)
#define TELL_CM		(TELL_ESTABLISHED | TELL_TIMEOUT | TELL_CLAIMED | \
			 TELL_CLOSED)

byte state[CONNECTIONS];
bit begun[CONNECTIONS];
bit passive[CONNECTIONS];
bit is_offered[CONNECTIONS];
bit owned[CONNECTIONS];
bit closed[CONNECTIONS];
bit gone[CONNECTIONS];
byte endpoint[CONNECTIONS] = NOBODY;
byte tell[CONNECTIONS];
bit changed[CONNECTIONS];
bit claim_clock[CONNECTIONS];
bit endpoint_retries[CONNECTIONS];
bit cm_retries[CONNECTIONS];
byte refused_admissions;	/* answers that wait for room */
bit refuses_claim[ACCEPTORS];
byte refused_claim[ACCEPTORS];

/* ---- the applications ---- */

/*
 * Processes with the listening socket, behind the endpoint of their number.
 * What they are told is in their hands as soon as it is sent, and what they
 * say is handled as soon as they say it: they may be as late as the rings.
 * The second may die, the first may close the listening socket.
 */

#define UNKNOWN		0	/* a socket, by acceptor and connection */
#define OPEN		1
#define CLOSING		2
#define FORGOTTEN	3
#define SOCKET(a, c)	(2 * (a) + (c))

bit lazy;
bit unlistened;
bit dead;
bit thinks_registered[ACCEPTORS];
bit claims[ACCEPTORS];
byte claimed[ACCEPTORS];
bit available[ACCEPTORS * CONNECTIONS];
bit ignored[ACCEPTORS * CONNECTIONS];
byte socket[ACCEPTORS * CONNECTIONS];

/* What may happen in this run. */
byte syns[CONNECTIONS];
byte timeouts;
byte ignores;
bit may_unlisten;
bit may_die;
bit may_reset;
bit may_be_full;	/* the rings to the second application */

/* What an observer knows. */
bit was_established[CONNECTIONS];
byte delivered[CONNECTIONS];

#define DEAD(a)		(dead && (a) == 1)
#define ACCEPTS(a)	(!DEAD(a) && !unlistened && !thinks_registered[a])
#define MAY_CLAIM(a, c)	(!DEAD(a) && !claims[a] && available[SOCKET(a, c)])
#define MAY_CLOSE(a, c)	(socket[SOCKET(a, c)] == OPEN)

/* One that has other things to do leaves it, until it accepts again. */
inline on_available(a, c)
{
	if
	:: lazy && ignores -> ignores--
	:: else -> lazy = 0
	fi;
	ignored[SOCKET(a, c)] = lazy;
	available[SOCKET(a, c)] = !lazy
}

inline on_claim_result(a, c)
{
	assert(claims[a] && claimed[a] == c);
	claims[a] = 0;
	claimed[a] = 0;
	delivered[c]++;
	assert(delivered[c] == 1);
	socket[SOCKET(a, c)] = OPEN
}

inline on_claim_timed_out(a, c)
{
	assert(claims[a] && claimed[a] == c);
	claims[a] = 0;
	claimed[a] = 0;
	thinks_registered[a] = 0
}

inline on_gone(a, c)
{
	assert(socket[SOCKET(a, c)] == CLOSING);
	socket[SOCKET(a, c)] = FORGOTTEN
}

inline on_wake(a)
{
	thinks_registered[a] = 0
}

inline look_again(a, c)
{
	if
	:: ignored[SOCKET(a, c)] ->
		ignored[SOCKET(a, c)] = 0;
		available[SOCKET(a, c)] = 1
	:: else
	fi
}

inline accept(a)
{
	look_again(a, 0);
	look_again(a, 1);
	thinks_registered[a] = 1;
	on_accept_connection(a)
}

inline unlisten()
{
	may_unlisten = 0;
	unlistened = 1;
	on_unlisten()
}

inline claim(a, c)
{
	available[SOCKET(a, c)] = 0;
	claims[a] = 1;
	claimed[a] = c;
	on_claim_connection(c, a)
}

inline close(a, c)
{
	socket[SOCKET(a, c)] = CLOSING;
	on_close(c, a)
}

/* ---- the connection manager ---- */

#define CM_MAY_SEND	(HAS_ROOM(cm_ts) && !p_retries[0] && !p_retries[1])

/* accept.c: tell_ts() */
inline tell_ts(p)
{
	if
	:: CM_MAY_SEND -> cm_ts!ASSIGN, p, p_acceptor[p]
	:: else -> p_retries[p] = 1
	fi
}

inline take_back(p)
{
	if
	:: p_acceptor[p] != NOBODY ->
		assert(offers[p_acceptor[p]] > 0);
		offers[p_acceptor[p]]--;
		p_acceptor[p] = NOBODY;
		p_current[p] = 0
	:: else
	fi
}

inline offer(p, to)
{
	take_back(p);
	p_acceptor[p] = to;
	p_current[p] = 1;
	offers[to]++;
	p_list[p] = OFFERED;
	tell_ts(p)
}

#define READY(a)	(registered[a] && !offers[a])
#define BUSY(a)		(registered[a] && offers[a])
#define ANY_WAITING	(p_list[0] == WAITING || p_list[1] == WAITING)
#define ANY_LATE	(p_list[0] == LATE || p_list[1] == LATE)

/* The late ones first; @liked if there is a choice. */
inline move_on()
{
	do
	:: (READY(0) || READY(1)) && (ANY_LATE || ANY_WAITING) ->
		if
		:: READY(liked) -> to = liked
		:: else -> to = 1 - liked
		fi;
		if
		:: p_list[0] == LATE -> next = 0
		:: p_list[0] != LATE && p_list[1] == LATE -> next = 1
		:: !ANY_LATE && p_list[0] == WAITING -> next = 0
		:: else -> next = 1
		fi;
		offer(next, to)
	:: else -> break
	od;
	to = 0;
	next = 0
}

inline wake_one(a)
{
	if
	:: MAY_FIT(a) && !wake_retries[a] -> on_wake(a)
	:: else -> wake_retries[a] = 1
	fi
}

inline wake()
{
	if
	:: woken || registered[0] || registered[1]
	:: else ->
		woken = 1;
		wake_one(0);
		wake_one(1)
	fi
}

/* pika_accept_begin() */
inline accept_begin(p)
{
	unclaimed++;
	if
	:: !ANY_WAITING && READY(liked) -> offer(p, liked)
	:: !ANY_WAITING && !READY(liked) && READY(1 - liked) ->
		offer(p, 1 - liked)
	:: !ANY_WAITING && !READY(0) && !READY(1) && BUSY(liked) ->
		offer(p, liked)
	:: !ANY_WAITING && !READY(0) && !READY(1) && !BUSY(liked) &&
		BUSY(1 - liked) -> offer(p, 1 - liked)
	:: else ->
		p_list[p] = WAITING;
		wake()
	fi
}

inline forget_offer_of(p, a)
{
	if
	:: p_acceptor[p] == a -> p_current[p] = 0
	:: else
	fi
}

/* pika_accept_register() */
inline accept_register(a)
{
	registered[a] = 1;
	forget_offer_of(0, a);
	forget_offer_of(1, a);
	woken = 0;
	move_on()
}

/* pika_accept_expire() */
inline accept_expire(p)
{
	if
	:: p_current[p] -> registered[p_acceptor[p]] = 0
	:: else
	fi;
	p_list[p] = LATE;
	move_on();
#if SEEDED_ERROR != 2
	wake()
#endif
}

/* pika_accept_end() */
inline accept_end(p)
{
	p_retries[p] = 0;
	take_back(p);
	if
	:: p_list[p] == ABORTED -> p_list[p] = NONE
	:: else ->
		p_list[p] = NONE;
		assert(unclaimed > 0);
		unclaimed--;
#if SEEDED_ERROR != 3
		move_on()
#endif
	fi
}

/* pika_accept_abort() */
inline accept_abort(p)
{
	take_back(p);
	p_list[p] = ABORTED;
	tell_ts(p)
}

inline end_handshake()
{
	assert(half_open > 0);
	half_open--;
	if
	:: listening -> assert(l_half_open > 0); l_half_open--
	:: else
	fi
}

inline on_syn(p)
{
	if
	:: listening && unclaimed <= BACKLOG && CM_MAY_SEND ->
		half_open++;
		l_half_open++;
		cm_ts!ADMIT, p, 0
	:: else
	fi
}

inline on_established(p)
{
	assert(p_list[p] == NONE);
	end_handshake();
	if
	:: listening -> accept_begin(p)
#if SEEDED_ERROR == 4
	:: else -> p_list[p] = ABORTED
#else
	:: else -> accept_abort(p)
#endif
	fi
}

inline on_accept_timeout(p, a)
{
	if
	:: p_acceptor[p] == a && a != NOBODY -> accept_expire(p)
	:: else
	fi
}

inline on_claimed(p, a)
{
	assert(p_list[p] != NONE);
	accept_end(p);
	if
	:: listening ->
		open[a]++;
#if SEEDED_ERROR != 5
		if
		:: !registered[a] -> accept_register(a)
		:: else
		fi
#endif
	:: else
	fi
}

inline on_connection_closed(p, a)
{
	if
	:: p != NO_FLOW && p_list[p % 2] != NONE -> accept_end(p)
	:: (p == NO_FLOW || p_list[p % 2] == NONE) && a != NOBODY ->
		if
		:: listening -> assert(open[a] > 0); open[a]--
		:: else
		fi
	:: else -> end_handshake()
	fi
}

inline abort_if_there(p)
{
	if
	:: p_list[p] == NONE || p_list[p] == ABORTED
	:: else -> accept_abort(p)
	fi
}

inline forget_acceptor(a)
{
	assert(offers[a] == 0);
	registered[a] = 0;
	open[a] = 0;
	wake_retries[a] = 0
}

inline on_unlisten()
{
	abort_if_there(0);
	abort_if_there(1);
	forget_acceptor(0);
	forget_acceptor(1);
	listening = 0;
	unclaimed = 0;
	l_half_open = 0;
	woken = 0
}

inline on_accept_connection(a)
{
	if
	:: listening ->
		accept_register(a)
	:: else
	fi
}

/*
 * A message, or what an application says as if it were one. Which of two that
 * are as good is chosen is open, and whether rings to applications have room.
 */
#define CM_STEP(is_there, what, which, there_is) \
	d_step { \
		is_there -> \
		liked = which; \
		room = there_is; \
		what; \
		liked = 0; room = 0; type = 0; c = 0; a = 0 \
	}
#define CM_STEPS(is_there, what) \
	:: CM_STEP(is_there, what, 0, 0) \
	:: CM_STEP(is_there, what, 0, 1) \
	:: CM_STEP(is_there, what, 1, 0) \
	:: CM_STEP(is_there, what, 1, 1)

inline cm_handle()
{
	ts_cm?type, c, a;
	if
	:: type == ESTABLISHED -> on_established(c)
	:: type == ACCEPT_TIMEOUT -> on_accept_timeout(c, a)
	:: type == CLAIMED -> on_claimed(c, a)
	:: type == CONNECTION_CLOSED -> on_connection_closed(c, a)
	fi
}

#define RESUMES_TS(p)	(p_retries[p] && HAS_ROOM(cm_ts))

proctype manager()
{
	mtype type;
	byte c, a, next, to, liked;
	bit room;

end:	do
	CM_STEPS(nempty(ts_cm), cm_handle())
	CM_STEPS(ACCEPTS(0), accept(0))
	CM_STEPS(ACCEPTS(1), accept(1))
	:: d_step { may_unlisten -> unlisten() }
	:: d_step {
		RESUMES_TS(0) ->
		p_retries[0] = 0;
		cm_ts!ASSIGN, 0, p_acceptor[0]
	}
	:: d_step {
		RESUMES_TS(1) ->
		p_retries[1] = 0;
		cm_ts!ASSIGN, 1, p_acceptor[1]
	}
	:: d_step { wake_retries[0] -> wake_retries[0] = 0; on_wake(0) }
	:: d_step { wake_retries[1] -> wake_retries[1] = 0; on_wake(1) }
	od
}

/* The link server: SYNs come at any time, but the first one's first. */
proctype link()
{
end:	do
	:: d_step {
		syns[0] ->
		syns[0]--;
		on_syn(0)
	}
	:: d_step {
		syns[1] && begun[0] ->
		syns[1]--;
		on_syn(1)
	}
	od
}

/* ---- the transport server ---- */

#define CM_ROOM		(HAS_ROOM(ts_cm) && !cm_retries[0] && !cm_retries[1] && \
			 !refused_admissions)
#define WAITS_FOR(f, e)	(endpoint_retries[f] && endpoint[f] == (e))
#define APP_ROOM(e)	(MAY_FIT(e) && !WAITS_FOR(0, e) && !WAITS_FOR(1, e) && \
			 !refuses_claim[e])

/* pika_ts_tell_endpoint(); @may: there is room, and nobody has a right to it */
inline tell_endpoint(f, may)
{
	if
	:: endpoint_retries[f]
	:: !endpoint_retries[f] && !(may) -> endpoint_retries[f] = 1
	:: !endpoint_retries[f] && (may) && (tell[f] & TELL_OFFER) ->
		on_available(endpoint[f], f);
		tell[f] = tell[f] & ~TELL_OFFER;
		if
		:: tell[f] & TELL_ENDPOINT -> endpoint_retries[f] = 1
		:: else
		fi
	:: else ->
		if
		:: tell[f] & TELL_RESULT ->
			on_claim_result(endpoint[f], f)
		:: !(tell[f] & TELL_RESULT) && gone[f] ->
			on_gone(endpoint[f], f)
		:: else
		fi;
		tell[f] = tell[f] & ~(TELL_RESULT | TELL_UPDATE)
	fi
}

/* pika_ts_tell_cm(): the first of what is due. */
inline tell_cm(f)
{
	if
	:: !CM_ROOM -> cm_retries[f] = 1
	:: CM_ROOM && (tell[f] & TELL_ESTABLISHED) ->
		ts_cm!ESTABLISHED, f, NOBODY;
		tell[f] = tell[f] & ~TELL_ESTABLISHED;
		changed[f] = (tell[f] & TELL_CM) || state[f] == CLOSED
	:: else ->
		if
		:: tell[f] & TELL_TIMEOUT ->
			ts_cm!ACCEPT_TIMEOUT, f, endpoint[f];
			tell[f] = tell[f] & ~TELL_TIMEOUT
		:: !(tell[f] & TELL_TIMEOUT) && (tell[f] & TELL_CLAIMED) ->
			ts_cm!CLAIMED, f, endpoint[f];
			tell[f] = tell[f] & ~TELL_CLAIMED
		:: else ->
			ts_cm!CONNECTION_CLOSED, f,
				(owned[f] -> endpoint[f] : NOBODY);
			tell[f] = tell[f] & ~TELL_CLOSED
		fi;
		changed[f] = (tell[f] & TELL_CM) || state[f] == CLOSED
	fi
}

/* ts.c: is_over() */
#define IS_OVER(f)	(state[f] == CLOSED && !tell[f] && !passive[f] && \
			 (!owned[f] || gone[f]))

inline free_tcb(f)
{
	state[f] = FREE;
	is_offered[f] = 0;
	owned[f] = 0;
	closed[f] = 0;
	gone[f] = 0;
	endpoint[f] = NOBODY;
	claim_clock[f] = 0;
	assert(!endpoint_retries[f] && !cm_retries[f])
}

inline visit(f)
{
	changed[f] = 0;
	if
	:: tell[f] & TELL_ENDPOINT -> tell_endpoint(f, APP_ROOM(endpoint[f]))
	:: else
	fi;
	if
	:: (tell[f] & TELL_CM) && !cm_retries[f] -> tell_cm(f)
	:: !((tell[f] & TELL_CM) && !cm_retries[f]) && IS_OVER(f) -> free_tcb(f)
	:: else
	fi
}

/* pika_ts_flush(): until all are told, or wait for room. */
inline flush()
{
	do
	:: changed[0] -> visit(0)
	:: !changed[0] && changed[1] -> visit(1)
	:: else -> break
	od
}

/* pika_ts_closed() */
inline ts_closed(f)
{
	if
	:: passive[f] ->
		passive[f] = 0;
		tell[f] = tell[f] & ~(TELL_ESTABLISHED | TELL_TIMEOUT);
		tell[f] = tell[f] | TELL_CLOSED
	:: else
	fi
}

/* The client's ACK of our SYN has come. */
inline client_agrees(f)
{
	state[f] = AGREED;
	was_established[f] = 1;
	tell[f] = tell[f] | TELL_ESTABLISHED;
	changed[f] = 1
}

inline answer_admission()
{
	if
	:: CM_ROOM -> ts_cm!CONNECTION_CLOSED, NO_FLOW, NOBODY
	:: else -> refused_admissions++
	fi
}

/* A handle is a connection's for ever: one that is over is not begun again. */
inline on_admit(f)
{
	if
	:: !begun[f] ->
		begun[f] = 1;
		state[f] = SYN_RECEIVED;
		passive[f] = 1;
		if
		:: !may_reset -> client_agrees(f)
		:: else
		fi
#if SEEDED_ERROR == 6
	:: else
#else
	:: else -> answer_admission()
#endif
	fi
}

/* ts_accept.c: offer(). The first that it was offered to may still claim it. */
inline ts_offer(f, e)
{
	endpoint_retries[f] = 0;
	is_offered[f] = 1;
	endpoint[f] = e;
	tell[f] = (tell[f] & ~TELL_TIMEOUT) | TELL_OFFER;
	claim_clock[f] = 1;
	changed[f] = 1
}

inline withdraw(f)
{
	is_offered[f] = 0;
	endpoint_retries[f] = 0;
	endpoint[f] = NOBODY;
	tell[f] = tell[f] & ~TELL_OFFER;
	state[f] = CLOSED;
	ts_closed(f);
	changed[f] = 1
}

inline on_assign(f, e)
{
	if
	:: state[f] == FREE
#if SEEDED_ERROR != 7
	:: state[f] != FREE && owned[f]
#endif
	:: state[f] != FREE && (!owned[f] || SEEDED_ERROR == 7) ->
		if
		:: e == NOBODY -> withdraw(f)
		:: else -> ts_offer(f, e)
		fi
	fi
}

#if SEEDED_ERROR == 8
#define OFFER_STANDS(f, e) (is_offered[f] && endpoint[f] == (e))
#else
#define OFFER_STANDS(f, e) (is_offered[f] && !owned[f] && endpoint[f] == (e))
#endif

inline refuse_claim(f, e)
{
	if
	:: APP_ROOM(e) -> on_claim_timed_out(e, f)
	:: else ->
		assert(!refuses_claim[e]);
		refuses_claim[e] = 1;
		refused_claim[e] = f
	fi
}

inline on_claim_connection(f, e)
{
	if
	:: state[f] != FREE && OFFER_STANDS(f, e) ->
		owned[f] = 1;
		tell[f] = tell[f] & ~TELL_TIMEOUT;
		tell[f] = tell[f] | TELL_RESULT | TELL_CLAIMED;
		claim_clock[f] = 0;
		changed[f] = 1
#if SEEDED_ERROR == 10
	:: else
#else
	:: else -> refuse_claim(f, e)
#endif
	fi
}

/* ts_socket.c: on_close(). Only who owns it knows of it. */
inline on_close(f, e)
{
	assert(state[f] != FREE && owned[f] && !closed[f] && endpoint[f] == e);
	closed[f] = 1;
	state[f] = CLOSED;
	ts_closed(f);
	gone[f] = 1;
	tell[f] = tell[f] | TELL_UPDATE;
	changed[f] = 1
}

/*
 * pika_tcp_die(). A flow that was established stays for an acceptor to take,
 * and to learn from that it was reset. Its clock stays too.
 */
inline client_resets(f)
{
	if
#if SEEDED_ERROR == 9
	:: !owned[f] -> ts_closed(f)
#else
	:: state[f] == SYN_RECEIVED -> ts_closed(f)
#endif
	:: owned[f] && !gone[f] -> tell[f] = tell[f] | TELL_UPDATE
	:: else
	fi;
	state[f] = CLOSED;
	changed[f] = 1
}

/* Who would still claim it is too late only so many times. */
#define IGNORED(f)	(DEAD(endpoint[f]) || \
			 ignored[SOCKET(endpoint[f] % 2, f)])

/* pika_ts_claim_clock() */
inline on_claim_clock(f)
{
	claim_clock[f] = 0;
	if
	:: IGNORED(f)
	:: else -> timeouts--
	fi;
	tell[f] = tell[f] | TELL_TIMEOUT;
	changed[f] = 1
}

inline resume_cm(f)
{
	if
	:: cm_retries[f] -> cm_retries[f] = 0; changed[f] = 1
	:: else
	fi
}

inline resume_endpoint(f)
{
	endpoint_retries[f] = 0;
	tell_endpoint(f, 1);
	changed[f] = 1
}

/* Room in rings to applications comes and goes. */
#define TS_STEP(may, what, there_is) \
	d_step { may -> room = there_is; what; room = 0 }
#define TS_STEPS(may, what) \
	:: TS_STEP(may, what, 0) \
	:: TS_STEP(may, what, 1)

inline ts_handle()
{
	if
	:: type == ADMIT -> on_admit(f)
	:: type == ASSIGN -> on_assign(f, e)
	fi;
	type = 0;
	f = 0;
	e = 0
}

#define CHANGED		(changed[0] || changed[1])
#define WAITS_FOR_CM	(cm_retries[0] || cm_retries[1] || refused_admissions)

inline resume_cm_all()
{
	resume_cm(0);
	resume_cm(1);
	if
	:: refused_admissions ->
		refused_admissions--;
		ts_cm!CONNECTION_CLOSED, NO_FLOW, NOBODY
	:: else
	fi
}

inline resume_refusal(e)
{
	refuses_claim[e] = 0;
	on_claim_timed_out(e, refused_claim[e]);
	refused_claim[e] = 0
}

#define MAY_RESET(f)	(may_reset && (state[f] == SYN_RECEIVED || \
					state[f] == AGREED))
#if SEEDED_ERROR == 1
#define HAS_HEARD(f)	1
#else
#define HAS_HEARD(f)	(!(tell[f] & TELL_OFFER))
#endif
#define CLOCK_STRIKES(f) (claim_clock[f] && HAS_HEARD(f) && \
			  (timeouts || IGNORED(f)))

proctype transport()
{
	mtype type;
	byte f, e;
	bit room;

end:	do
	:: d_step { cm_ts?type, f, e -> ts_handle() }
	TS_STEPS(MAY_CLAIM(0, 0), claim(0, 0))
	TS_STEPS(MAY_CLAIM(0, 1), claim(0, 1))
	TS_STEPS(MAY_CLAIM(1, 0), claim(1, 0))
	TS_STEPS(MAY_CLAIM(1, 1), claim(1, 1))
	:: d_step { MAY_CLOSE(0, 0) -> close(0, 0) }
	:: d_step { MAY_CLOSE(0, 1) -> close(0, 1) }
	:: d_step { MAY_CLOSE(1, 0) -> close(1, 0) }
	:: d_step { MAY_CLOSE(1, 1) -> close(1, 1) }
	TS_STEPS(CHANGED, flush())
	:: d_step {
		ignores && CHANGED ->
		lazy = 1;
		room = 1;
		flush();
		room = 0;
		lazy = 0
	}
	:: d_step { state[0] == SYN_RECEIVED -> client_agrees(0) }
	:: d_step { state[1] == SYN_RECEIVED -> client_agrees(1) }
	:: d_step { MAY_RESET(0) -> client_resets(0) }
	:: d_step { MAY_RESET(1) -> client_resets(1) }
	:: d_step { CLOCK_STRIKES(0) -> on_claim_clock(0) }
	:: d_step { CLOCK_STRIKES(1) -> on_claim_clock(1) }
	:: d_step { HAS_ROOM(ts_cm) && WAITS_FOR_CM -> resume_cm_all() }
	:: d_step { endpoint_retries[0] -> resume_endpoint(0) }
	:: d_step { endpoint_retries[1] -> resume_endpoint(1) }
	:: d_step { refuses_claim[0] -> resume_refusal(0) }
	:: d_step { refuses_claim[1] -> resume_refusal(1) }
	od
}

/* ---- when nothing moves any more ---- */

inline check_connection(c)
{
	assert(!was_established[c] || delivered[c] || unlistened);
	assert(state[c] == FREE && p_list[c] == NONE);
	assert(!tell[c] && !p_retries[c]);
	assert(socket[SOCKET(0, c)] != OPEN && socket[SOCKET(0, c)] != CLOSING);
	assert(socket[SOCKET(1, c)] != OPEN && socket[SOCKET(1, c)] != CLOSING)
}

inline check_acceptor(a)
{
	assert(!thinks_registered[a] || registered[a] || !listening ||
	       DEAD(a) || ignored[SOCKET(a, 0)] || ignored[SOCKET(a, 1)]);
	assert(!claims[a] && !refuses_claim[a] && !wake_retries[a]);
	assert(!offers[a] && !open[a])
}
/* What may happen need not. */
proctype chance()
{
end:	do
	:: d_step { may_die -> may_die = 0; dead = 1 }
	:: d_step { may_die -> may_die = 0 }
	:: d_step { may_unlisten -> may_unlisten = 0 }
	od
}

proctype observer()
{
	d_step {
		timeout ->
		check_connection(0);
		check_connection(1);
		check_acceptor(0);
		check_acceptor(1);
		assert(!half_open && !l_half_open && !unclaimed);
		assert(!refused_admissions);
		assert(empty(cm_ts) && empty(ts_cm))
	}
}

/* Two connections and one misfortune of theirs, or one that has them all. */
init
{
	atomic {
		syns[0] = 1;
		if
		:: syns[0] = 2;
			timeouts = 1;
			may_unlisten = 1;
			may_die = 1;
			may_reset = 1;
			may_be_full = 1
		:: ignores = 1; may_die = 1
		:: syns[1] = 1; timeouts = 1; may_die = 1
		:: syns[1] = 1; timeouts = 1; may_unlisten = 1
		:: syns[1] = 1; timeouts = 1; may_be_full = 1
		fi;
		run link();
		run manager();
		run transport();
		run chance();
		run observer()
	}
}
