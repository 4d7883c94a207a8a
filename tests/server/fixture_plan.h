#ifndef FIXTURE_PLAN_H
#define FIXTURE_PLAN_H

#include "fixture.h"

#define START INT64_C(1735689600000)	/* 2025-01-01 */
#define DAY INT64_C(86400000)
#define MINUTE INT64_C(60000)

/* A file that is being made. */
struct plan {
	struct world *world;
	const char *type, *name, *directory, *directory_id;
	uint64_t number;	/* of the file */
	char id[64];
	char *embedded;		/* the version that logs carry */
	bool native;
};

/* Begin the file; its records carry the version ${embedded}. */
struct file *plan_begin(struct plan *);
/* Make the versions (with so many datapoints each), and the file itself. */
void plan_end(struct plan *, struct file *, unsigned, const unsigned *);
/* One log's JSON. */
char *plan_log_text(const struct plan *, struct record_log *);
/* So many logs, of about so many bytes. */
void plan_add_logs(const struct plan *, struct file *, unsigned, unsigned);
/* So many flow logs: each has a prompt log below it, that a tool log. */
void plan_add_flow_logs(const struct plan *, struct file *,
    const struct plan *, struct file *, const struct plan *, struct file *,
    unsigned);
/* An evaluation: its number, runs, logs of each, and whether they are
 * traces. */
void plan_add_evaluation(const struct plan *, struct file *, uint64_t,
    unsigned, unsigned, bool);

#endif
