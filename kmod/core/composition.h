/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration language (paper 5.4): which components make up which
 * servers, and who of them works with whom. Pure functions.
 */
#ifndef PIKA_CORE_COMPOSITION_H
#define PIKA_CORE_COMPOSITION_H

#include "server.h"

enum pika_component {
	PIKA_COMPONENT_TS,
	PIKA_COMPONENT_LS,
	PIKA_COMPONENT_CM,
	PIKA_COMPONENTS
};

/**
 * struct pika_composition - the servers of a stack
 * @servers: how many
 * @components: of each server, one bit by enum pika_component
 */
struct pika_composition {
	u16 servers;
	u8 components[PIKA_SERVERS];
};

/* X(NAME, text): what can be wrong with a composition. */
#define PIKA_COMPOSITION_ERRORS(X) \
	X(COMPONENT, "expected TS, LS or CM") \
	X(COUNT, "expected a count from 1 to 128") \
	X(TWICE, "this component was named before") \
	X(MISSING_TS, "no TS was named") \
	X(MISSING_LS, "no LS was named") \
	X(MISSING_CM, "no CM was named") \
	X(SERVERS, "more than 128 servers")

enum pika_composition_error {
	PIKA_COMPOSITION_OK,
#define X(name, text) PIKA_COMPOSITION_##name,
	PIKA_COMPOSITION_ERRORS(X)
#undef X
};

/**
 * struct pika_composition_fault - what is wrong, and where
 * @what: see there
 * @at: position in the text, counted from 1
 */
struct pika_composition_fault {
	enum pika_composition_error what;
	u32 at;
};

bool pika_composition_parse(const char *text, struct pika_composition *c,
			    struct pika_composition_fault *fault);
size_t pika_composition_explain(const char *text,
				const struct pika_composition_fault *fault,
				char *out, size_t size);
u16 pika_composition_count(const struct pika_composition *c,
			   enum pika_component component);
u16 pika_composition_cm_of(const struct pika_composition *c, u16 server);
u16 pika_composition_ls_of(const struct pika_composition *c, u16 server);
void pika_composition_map_groups(const struct pika_composition *c, u16 *ts_of);

static inline bool pika_composition_has(const struct pika_composition *c,
					u16 server,
					enum pika_component component)
{
	return c->components[server] >> component & 1;
}

#endif /* PIKA_CORE_COMPOSITION_H */
