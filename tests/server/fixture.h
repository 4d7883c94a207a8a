#ifndef FIXTURE_H
#define FIXTURE_H

/*
 * The fixture server: behaves like Humanloop's v5 API, with a workspace
 * generated from a seed or read from a directory; fails on demand, and records
 * its requests.  For tests, the demo and benchmarks.  See README.md.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---------------------------------------------------------- fixture_buf.c */

/* A growing text; running out of memory ends the program. */
struct buf {
	char *data;
	size_t len, capacity;
};

void buf_add(struct buf *, const char *, size_t);
void buf_adds(struct buf *, const char *);
void buf_addf(struct buf *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
/* Add a JSON string of plain text, escaped. */
void buf_json(struct buf *, const char *);
/* Hand over the text. */
char *buf_take(struct buf *);
void *must_alloc(size_t);
void *must_grow(void *, size_t);
char *must_copy(const char *);

/* -------------------------------------------------------- fixture_world.c */

/* A record: its JSON and its ID. */
struct record {
	char *id;
	char *text;		/* as it is served */
	char *plain;		/* without trace children; NULL: the same */
	int64_t created;	/* ms since 1970 */
};

/* Records in the order in which they are listed. */
struct list {
	struct record *items;
	size_t n, capacity;
	struct page_cache *pages;	/* see fixture_page.c */
	uint64_t changed;	/* how often it was changed */
};

struct version {
	struct record record;
	struct list datapoints;
	char *raw;		/* .prompt or .agent text, or NULL */
};

struct evaluation {
	struct record record;
	struct list runs, logs;
	char *stats;
};

struct file {
	struct record record;
	char *type, *path;
	char *environments, *variables;
	struct version *versions;
	size_t n_versions;
	struct evaluation *evaluations;
	size_t n_evaluations;
	struct list logs;
};

struct directory {
	char *id, *path, *text, *parent_id;
};

struct world {
	uint64_t seed;
	struct directory *directories;
	size_t n_directories;
	struct file *files;
	size_t n_files;
	struct record *logs_by_id;	/* sorted, borrowed; see find */
	size_t n_logs_by_id;
};

struct record *list_add(struct list *, char *, char *, int64_t);
struct file *world_add_file(struct world *);
struct version *file_add_version(struct file *);
struct evaluation *file_add_evaluation(struct file *);
struct file *world_file(const struct world *, const char *);
struct evaluation *world_evaluation(const struct world *, const char *);
struct version *file_version(const struct file *, const char *);
/* Find a log of a file or an evaluation by its ID; NULL: none. */
const struct record *world_log(struct world *, const char *);

/* A random number that depends only on the seed and the arguments. */
uint64_t world_random(const struct world *, uint64_t, uint64_t, uint64_t);
/* "pr_" and 21 letters and digits. */
void world_id(const struct world *, const char *, uint64_t, uint64_t,
    uint64_t, char [64]);

/* --------------------------------------------------------- fixture_make.c */

/* The sizes of a generated workspace. */
struct sizes {
	unsigned files, versions, logs, log_bytes;
	unsigned datasets, datapoints;
	unsigned evaluations, evaluation_logs;
};

/* A small workspace with something of everything. */
void make_sample(struct world *);
/* The sample plus every known quirk and edge case. */
void make_full(struct world *);
/* Many similar records. */
void make_bulk(struct world *, const struct sizes *);
/* IDs that must not be used as file names. */
void make_hostile(struct world *);

/* ------------------------------------------------------- fixture_record.c */

struct record_file {
	const char *type, *id, *name, *directory, *directory_id;
	const char *version_id, *version_name;
	uint64_t number;	/* of the version */
	const char *environments;	/* JSON, or NULL for null */
	unsigned version_logs, total_logs, datapoints;
	const char *evaluators;	/* JSON, or NULL for null */
	int64_t created;
	bool plain;		/* no extra keys, no quirks */
	bool aggregates;
};

void record_file(struct buf *, const struct record_file *);
void record_directory(struct buf *, const char *, const char *, const char *,
    const char *, int64_t);
void record_environment(struct buf *, const char *, const char *, bool);
void record_datapoint(struct buf *, const char *, uint64_t);
void record_run(struct buf *, const char *, const char *, const char *,
    int64_t);
void record_evaluation(struct buf *, const char *, const char *,
    const char *, unsigned, const char *, int64_t);
void record_stats(struct buf *, const char *const *, const unsigned *, size_t,
    const char *, const char *);

struct record_log {
	const char *type, *id;
	const char *file;	/* JSON of the version used */
	uint64_t number;
	unsigned bytes;		/* about so large */
	const char *children;	/* JSON array, or NULL for [] */
	const char *parent, *trace, *flow;	/* ids, or NULL */
	const char *evaluator_logs;	/* JSON array, or NULL for [] */
	const char *judged;	/* of evaluator logs */
	int64_t created;
	bool own_id;		/* the caller chose it */
};

void record_log(struct buf *, const struct record_log *);
void record_time(struct buf *, int64_t, unsigned);

/* --------------------------------------------------------- fixture_load.c */

/* Read a workspace from a directory that looks like an export. */
int load_world(struct world *, const char *);

/* --------------------------------------------------------- fixture_page.c */

/* A body that is kept as long as the server runs. */
struct body {
	char *data;
	size_t len;
};

/* A page of a list: records from first on, and the envelope. */
struct body page_of(struct list *, uint64_t, uint64_t, bool);
/* The same, of selected records. */
struct body page_of_picked(const struct record *const *, size_t, uint64_t,
    uint64_t, int64_t, bool);

/* -------------------------------------------------------- fixture_fault.c */

/* Changes to an answer; README.md describes them. */
enum fault_kind {
	FAULT_STATUS,		/* value: the status; text: retry-after */
	FAULT_DELAY,		/* value: ms before the head */
	FAULT_TRICKLE,		/* value: bytes a tenth of a second */
	FAULT_STALL,		/* value: bytes, then nothing for ever */
	FAULT_CUT,		/* value: bytes, then close */
	FAULT_CHUNK_CUT,	/* the same, chunked */
	FAULT_BAD_JSON,		/* value: bytes of JSON, well framed */
	FAULT_RESET,		/* close before any answer */
	FAULT_CLOSE,		/* answer, then close the connection */
	FAULT_GZIP,		/* compressed */
	FAULT_BAD_GZIP,		/* labelled as such, but damaged */
	FAULT_CODED,		/* text: Content-Encoding of a plain body */
	FAULT_REDIRECT,		/* value: the status; text: where to */
	FAULT_BODY,		/* text: the body, with value as status */
	FAULT_TOTAL,		/* value: the total */
	FAULT_SHORT,		/* value: records to leave out */
	FAULT_SAME,		/* value: this page is served instead */
	FAULT_BIG,		/* value: MB of blanks before the body */
	FAULT_HEADERS,		/* value: KB of headers */
	FAULT_INSERT,		/* value: records to add at the front */
	FAULT_DELETE		/* value: records to remove */
};

struct fault {
	char *route;		/* a route's name, or "any" */
	char *id;		/* NULL: any */
	uint64_t page;		/* 0: any */
	uint64_t size;		/* 0: any */
	uint64_t holds, holds_to, over;	/* 0: any */
	uint64_t after;		/* matching requests to skip */
	enum fault_kind kind;
	int64_t value;
	char *text;
	int64_t times;		/* -1: always */
	char *form;		/* of an error's body: json, html, empty */
	struct fault *next;
};

/* "logs page=3 status=500 times=2"; see README.md.  -1: malformed. */
int fault_add(const char *);
void fault_clear(void);
/* Copy the first fault that matches, and count its use. */
bool fault_take(const char *, const char *, uint64_t, uint64_t,
    struct fault *);

/* -------------------------------------------------------- fixture_asked.c */

/* The requests so far, for tests. */
void asked_begin(const char *, const char *, uint64_t, uint64_t, bool);
void asked_end(void);
void asked_too_fast(void);
void asked_elsewhere(bool);
void asked_clear(void);
/* As JSON. */
char *asked_report(void);
/* The number of records of each kind, as JSON. */
char *world_truth(const struct world *);
/* The keys of one kind, sorted, one per line. */
char *world_truth_of(const struct world *, const char *, size_t *);

/* -------------------------------------------------------- fixture_serve.c */

struct serve_settings {
	const char *prefix;	/* "/v5" */
	const char *key;
	unsigned port;		/* 0: a free one */
	unsigned latency_ms;
	uint64_t clamp;		/* pages no larger; 0: as asked */
	uint64_t reject;	/* 422 for larger ones; 0: none */
	bool old_first;		/* listings in the order of creation */
	unsigned rate;		/* requests a second; 0: no limit */
	unsigned bucket;	/* of tokens; 0: a fixed window */
	unsigned refuse;	/* of 100 URLs are refused twice */
	unsigned refuse_with;	/* this status */

	/* The trace API, in place of the other one. */
	bool trace;
	unsigned records, rows;	/* conversation records, log rows */
	const char *shape;	/* rich, total, page or bare */
	unsigned cap;		/* rows of a bulk export */
	unsigned limit;		/* requests in each window; 0: none */
	unsigned window_s;	/* how long it is */
	bool no_dates;		/* start_date and end_date are ignored */
	const char *elsewhere;	/* host that /elsewhere continues on; "self" */
};

/* ------------------------------------------------ fixture_move, _rate.c */

/* Add or remove records as ${fault} says. */
void list_move(struct list *, const struct fault *);
/* May one more request be served now? */
bool rate_allows(const struct serve_settings *);
/* Is it one of the URLs that are refused twice, at any rate? */
bool rate_refuses(const struct serve_settings *, const char *, const char *,
    uint64_t, uint64_t);
/* Forget which URLs were refused. */
void rate_forget(void);

/* Start; set the ports.  Return 0 or -1. */
int serve_start(struct world *, const struct serve_settings *, unsigned *,
    unsigned *);
void serve_stop(void);

#endif
