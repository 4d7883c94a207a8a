#ifndef FIXTURE_SERVE_H
#define FIXTURE_SERVE_H

#include "fixture.h"

struct MHD_Connection;

#define MAX_HEADERS 12

/* An answer before it is sent. */
struct answer {
	int status;
	struct body body;
	const char *type;
	const char *location, *retry_after;	/* headers, or NULL */
	struct {
		const char *name;
		char *value;
	} headers[MAX_HEADERS];	/* others */
	size_t n_headers;
};

/* A query's name and value. */
struct argument {
	char *name, *value;
};

/* A parsed request. */
struct route {
	const char *name;	/* "logs", "versions", ... "unknown" */
	char *id;		/* see README.md, or NULL */
	char *parts[8];		/* of the path, decoded */
	size_t n_parts;
	struct argument arguments[64];
	size_t n_arguments;
	uint64_t page, size;	/* 0: not paged */
	bool bad_page, bad_size;
};

void route_parse(struct route *, const struct serve_settings *,
    struct MHD_Connection *, const char *);
void route_release(struct route *);
/* Make the answer; ${leave_out} records of a page are left out. */
void route_answer(const struct route *, struct world *,
    const struct serve_settings *, uint64_t, struct answer *);
/* A request to the trace API: see fixture_trace.c. */
struct trace_request {
	struct MHD_Connection *connection;
	const char *method;
	const char *path;	/* below the prefix */
	struct body body;
	struct route route;	/* its name, and the page, for faults */
};

/* Find the route and the page. */
void trace_parse(struct trace_request *, const struct serve_settings *);
/* Answer it; the fault may add or remove rows first. */
void trace_answer(struct trace_request *, const struct serve_settings *,
    const struct fault *, struct answer *);
/* Add the headers of every answer. */
void trace_headers(const struct serve_settings *, struct answer *);
/* May it be served now?  If not, set ${answer}. */
bool trace_rate(const struct serve_settings *, struct answer *);
/* An error in the form that ${form} names: nested, flat or html. */
void trace_error(struct answer *, int, const char *, const char *,
    const char *);
/* Does the request have the key? */
bool trace_has_key(struct MHD_Connection *, const struct serve_settings *);
/* Make the rows. */
void trace_make(const struct serve_settings *);
/* All rows of one kind in the order of listing, one per line. */
char *trace_truth(const char *, size_t *);
void answer_header(struct answer *, const char *, char *);

/* The API with cursors and time ranges: see fixture_items.c. */
bool items_parse(struct trace_request *, const struct serve_settings *);
void items_answer(struct trace_request *, const struct serve_settings *,
    struct answer *);

/* Rows of a kind: see fixture_trace.c. */
enum { TRACE_RECORDS, TRACE_LOGS };
size_t trace_rows(int);
/* Add the JSON of row ${i}, from the newest, and return when it was made. */
int64_t trace_row(struct buf *, int, size_t);

/* Undo percent-encoding; new. */
char *route_decode(const char *, size_t, bool);


#endif
