#ifndef FIXTURE_PLAN_H
#define FIXTURE_PLAN_H

#include "fixture.h"

#define START INT64_C(1735689600000)	/* 2025-01-01 */
#define DAY INT64_C(86400000)
#define MINUTE INT64_C(60000)

/* A file that is being generated. */
struct plan {
	struct world *world;
	const char *type, *name, *directory, *directory_id;
	uint64_t number;	/* of the file */
	char id[64];
	char *embedded;		/* the version embedded in logs */
	bool native;
};

/* Begin the file; its records embed the version ${embedded}. */
struct file *plan_begin(struct plan *);
/* Make the versions, each with its number of datapoints, and the file. */
void plan_end(struct plan *, struct file *, unsigned, const unsigned *);
/* One log's JSON. */
char *plan_log_text(const struct plan *, struct record_log *);
/* Add ${n} logs of about ${bytes} bytes. */
void plan_add_logs(const struct plan *, struct file *, unsigned, unsigned);
/* Add flow logs: each has a child prompt log, and that a child tool log. */
void plan_add_flow_logs(const struct plan *, struct file *,
    const struct plan *, struct file *, const struct plan *, struct file *,
    unsigned);
/* Add an evaluation: its number, runs, logs per run, and whether these are
 * traces. */
void plan_add_evaluation(const struct plan *, struct file *, uint64_t,
    unsigned, unsigned, bool);

#endif
