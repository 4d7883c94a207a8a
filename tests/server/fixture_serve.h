#ifndef FIXTURE_SERVE_H
#define FIXTURE_SERVE_H

#include "fixture.h"

struct MHD_Connection;

/* An answer before it is sent. */
struct answer {
	int status;
	struct body body;
	const char *type;
	const char *location, *retry_after;	/* headers, or NULL */
};

/* A query's name and value. */
struct argument {
	char *name, *value;
};

/* What a request asks for. */
struct route {
	const char *name;	/* "logs", "versions", ... "unknown" */
	char *id;		/* the nearest one, or NULL */
	char *parts[8];		/* of the path, decoded */
	size_t n_parts;
	struct argument arguments[64];
	size_t n_arguments;
	uint64_t page, size;	/* of a paged one; 0: it isn't */
	bool bad_page, bad_size;
};

void route_parse(struct route *, const struct serve_settings *,
    struct MHD_Connection *, const char *);
void route_release(struct route *);
/* Make the answer; ${leave_out} records of a page are left out. */
void route_answer(const struct route *, struct world *,
    const struct serve_settings *, uint64_t, struct answer *);
/* Undo percent-encoding; new. */
char *route_decode(const char *, size_t, bool);


#endif
