// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads "TS2LS2+CM1" and answers who works with whom. Pure functions; names are
 * in upper case, there are no spaces, each component is named once.
 *
 *	composition = group *( "+" group )
 *	group       = 1*( ( "TS" / "LS" / "CM" ) count )
 *
 * A group has as many servers as its largest count; a component with a smaller
 * count sits in the first so many of them.
 */

#include "composition.h"

/**
 * struct reader - how far the text is read
 * @text: all of it
 * @at: index of the next character
 * @named: components named so far, one bit each
 */
struct reader {
	const char *text;
	u32 at;
	u8 named;
};

static enum pika_composition_error
read_component(struct reader *r, enum pika_component *component)
{
	static const char names[PIKA_COMPONENTS][3] = { "TS", "LS", "CM" };
	const char *at = r->text + r->at;
	u32 i;

	for (i = 0; i < PIKA_COMPONENTS; i++)
		if (at[0] == names[i][0] && at[1] == names[i][1])
			break;
	if (i == PIKA_COMPONENTS)
		return PIKA_COMPOSITION_COMPONENT;
	if (r->named >> i & 1)
		return PIKA_COMPOSITION_TWICE;
	r->named |= 1u << i;
	r->at += 2;
	*component = i;
	return PIKA_COMPOSITION_OK;
}

/* Without leading zeros: one way to write a number. */
static enum pika_composition_error read_count(struct reader *r, u32 *count)
{
	u32 value = 0;
	u32 i;

	for (i = r->at; r->text[i] >= '0' && r->text[i] <= '9'; i++) {
		value = value * 10 + (r->text[i] - '0');
		if (!value || value > PIKA_SERVERS)
			return PIKA_COMPOSITION_COUNT;
	}
	if (!value)
		return PIKA_COMPOSITION_COUNT;
	r->at = i;
	*count = value;
	return PIKA_COMPOSITION_OK;
}

/* One component with its count, into the servers that begin at @first. */
static enum pika_composition_error
read_item(struct reader *r, struct pika_composition *c, u16 first)
{
	enum pika_composition_error error;
	enum pika_component component;
	u32 begin = r->at;
	u32 count;
	u32 i;

	error = read_component(r, &component);
	if (!error)
		error = read_count(r, &count);
	if (error)
		return error;
	if (first + count > PIKA_SERVERS) {
		r->at = begin;
		return PIKA_COMPOSITION_SERVERS;
	}
	for (i = first; i < first + count; i++)
		c->components[i] |= 1u << component;
	c->servers = max_t(u16, c->servers, first + count);
	return PIKA_COMPOSITION_OK;
}

static enum pika_composition_error read_group(struct reader *r,
					      struct pika_composition *c)
{
	enum pika_composition_error error;
	u16 first = c->servers;

	do {
		error = read_item(r, c, first);
	} while (!error && r->text[r->at] && r->text[r->at] != '+');
	return error;
}

static enum pika_composition_error read_all(struct reader *r,
					    struct pika_composition *c)
{
	enum pika_composition_error error = read_group(r, c);

	while (!error && r->text[r->at] == '+') {
		r->at++;
		error = read_group(r, c);
	}
	if (error)
		return error;
	if (!(r->named >> PIKA_COMPONENT_TS & 1))
		return PIKA_COMPOSITION_MISSING_TS;
	if (!(r->named >> PIKA_COMPONENT_LS & 1))
		return PIKA_COMPOSITION_MISSING_LS;
	if (!(r->named >> PIKA_COMPONENT_CM & 1))
		return PIKA_COMPOSITION_MISSING_CM;
	return PIKA_COMPOSITION_OK;
}

/**
 * pika_composition_parse() - read a composition
 * @text: ends with NUL
 * @c: to be filled in
 * @fault: filled in if something is wrong
 *
 * Return: true, or false: see @fault.
 */
bool pika_composition_parse(const char *text, struct pika_composition *c,
			    struct pika_composition_fault *fault)
{
	struct reader reader = { .text = text };

	memset(c, 0, sizeof(*c));
	fault->what = read_all(&reader, c);
	fault->at = reader.at + 1;
	return fault->what == PIKA_COMPOSITION_OK;
}

/* Appends what fits, and leaves a NUL behind it. */
static size_t append(char *out, size_t size, size_t at, const char *text)
{
	while (*text && at + 1 < size)
		out[at++] = *text++;
	out[at] = '\0';
	return at;
}

/**
 * pika_composition_explain() - a line for whoever wrote the text
 * @text: what was parsed
 * @fault: what pika_composition_parse() said
 * @out: "TS2LS0: at 6: expected a count from 1 to 128", cut if it does not fit
 * @size: bytes of @out, at least 1
 *
 * Return: length of the line.
 */
size_t pika_composition_explain(const char *text,
				const struct pika_composition_fault *fault,
				char *out, size_t size)
{
	static const char * const why[] = {
		[PIKA_COMPOSITION_OK] = "nothing is wrong",
#define X(name, text) \
		[PIKA_COMPOSITION_##name] = text,
		PIKA_COMPOSITION_ERRORS(X)
#undef X
	};
	char digits[11] = { 0 };
	u32 at = fault->at;
	u32 i = sizeof(digits) - 1;
	size_t len;

	do {
		digits[--i] = '0' + at % 10;
		at /= 10;
	} while (at);
	len = append(out, size, 0, text);
	len = append(out, size, len, ": at ");
	len = append(out, size, len, digits + i);
	len = append(out, size, len, ": ");
	return append(out, size, len, why[fault->what]);
}

/**
 * pika_composition_count() - how many servers have a component
 * @c: a composition
 * @component: which
 *
 * Return: 1 to PIKA_SERVERS.
 */
u16 pika_composition_count(const struct pika_composition *c,
			   enum pika_component component)
{
	u16 count = 0;
	u16 i;

	for (i = 0; i < c->servers; i++)
		count += pika_composition_has(c, i, component);
	return count;
}

/* The server with the @n-th, counted from 0, of a component's instances. */
static u16 instance(const struct pika_composition *c,
		    enum pika_component component, u16 n)
{
	u16 i;

	for (i = 0; i < c->servers; i++)
		if (pika_composition_has(c, i, component) && !n--)
			return i;
	return PIKA_NOBODY;
}

/*
 * Whom @server goes to for @component: itself if it can, else those that have
 * @client are dealt out one by one.
 */
static u16 partner(const struct pika_composition *c, u16 server,
		   enum pika_component client, enum pika_component component)
{
	u16 before = 0;
	u16 i;

	if (pika_composition_has(c, server, component))
		return server;
	for (i = 0; i < server; i++)
		before += pika_composition_has(c, i, client);
	return instance(c, component,
			before % pika_composition_count(c, component));
}

/**
 * pika_composition_cm_of() - which CM an LS asks
 * @c: a composition
 * @server: one with an LS
 *
 * Return: the CM's server: the same if it can be, else spread evenly.
 */
u16 pika_composition_cm_of(const struct pika_composition *c, u16 server)
{
	return partner(c, server, PIKA_COMPONENT_LS, PIKA_COMPONENT_CM);
}

/**
 * pika_composition_ls_of() - which LS sends for a TS
 * @c: a composition
 * @server: one with a TS
 *
 * The groups of this TS should come in on the queue of that LS too.
 *
 * Return: the LS's server: the same if it can be, else spread evenly.
 */
u16 pika_composition_ls_of(const struct pika_composition *c, u16 server)
{
	return partner(c, server, PIKA_COMPONENT_TS, PIKA_COMPONENT_LS);
}

/**
 * pika_composition_map_groups() - which TS owns each flow group
 * @c: a composition
 * @ts_of: PIKA_GROUPS addresses, to be filled in
 *
 * Each TS has one range, as long as the others' or one longer: a client that
 * uses every second port (Linux's connect()) meets all of them.
 */
void pika_composition_map_groups(const struct pika_composition *c, u16 *ts_of)
{
	u32 count = pika_composition_count(c, PIKA_COMPONENT_TS);
	u16 ts[PIKA_SERVERS];
	u32 i;

	for (i = 0; i < count; i++)
		ts[i] = instance(c, PIKA_COMPONENT_TS, i);
	for (i = 0; i < PIKA_GROUPS; i++)
		ts_of[i] = ts[i * count / PIKA_GROUPS];
}
