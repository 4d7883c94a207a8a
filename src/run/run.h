#ifndef RUN_H
#define RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/base.h"
#include "http/http.h"
#include "source/source.h"

/*
 * Runs an export: passes values from room to room until it is finished. run.c
 * describes how.
 */
struct run;

/* A damaged or missing file. */
struct run_damage {
	const char *listing;	/* key of its listing; NULL: a done marker */
	const char *path;	/* of the file */
};

/*
 * What to trust if lines of the manifest are lost and no seal proves the rest.
 * The modes are tried in turn, until the result matches the seal.
 */
enum run_trust {
	RUN_TRUST_LINES,	/* the lines that can be read */
	RUN_TRUST_SERVER,	/* only the server */
	RUN_TRUST_DISK		/* the files on disk, then the server */
};

/* What a run is for.  Only the first mode writes files. */
enum run_mode {
	RUN_EXPORT,	/* make, resume or repair an export */
	RUN_ESTIMATE,	/* count what an export would get */
	RUN_PRINT,	/* print the records of one list */
	RUN_COMPARE	/* find what has changed since an export was made */
};

struct run_settings {
	const struct source *source;
	const char *server;	/* as http_check_server() returned it */
	char *const *hosts;	/* other hosts that may get the key, or NULL */
	const char *key;	/* NULL: the source needs none */
	json_t *options;	/* of the source, names to strings; borrowed */
	const char *output;	/* parent directory of a new export */
	const char *resume;	/* the export to resume, or NULL */
	bool server_moved;
	bool repair;		/* restore damaged files, export nothing else */
	enum run_trust trust;	/* of a repair, if lines of the manifest are
				 * lost */
	bool partial;		/* of a repair: accept an incomplete one */
	const struct run_damage *damage;	/* to be restored */
	size_t n_damage;
	enum run_mode mode;
	FILE *lines;		/* of RUN_PRINT: where the records go */
	const char *online;	/* of RUN_COMPARE: the export's directory */
	const char *tool;	/* name and version, for the manifest's
				 * header */
	unsigned jobs, attempts;
	int64_t max_wait_ms, stall_ms, first_byte_ms;
	uint64_t max_body, buffer;
	const char *ca_file;	/* or NULL */
	enum log_format log_format;
	struct log *log;
	int wake_fd;
};

/* How the run ended, if it has. */
enum run_state {
	RUN_GOING,
	RUN_COMPLETE,	/* everything is on disk; the manifest is sealed */
	RUN_GAPS,	/* everything but the gaps in the manifest */
	RUN_STOPPED,	/* by an error; can be resumed */
	RUN_INTERRUPTED,	/* by the user; can be resumed */
	RUN_ALREADY,	/* the export was complete before */
	RUN_DAMAGED	/* likewise, but files are missing or cut */
};

/**
 * run_new(settings, err):
 * Begin an export, or resume one.  Return NULL with ${err} set on failure; free
 * the run with run_free().  What ${settings} points to must outlive it.
 */
struct run *run_new(const struct run_settings *, struct err *);

/** run_free(run): Close everything and free ${run}, which may be NULL. */
void run_free(struct run *);

/**
 * run_step(run, ms, err):
 * Work for about ${ms} milliseconds, or less if something happens.  Return
 * RUN_GOING, or how the run ended; ${err} is set for RUN_STOPPED.
 */
enum run_state run_step(struct run *, int64_t, struct err *);

/** run_interrupt(run): Finish the requests in flight, then end. */
void run_interrupt(struct run *);

/**
 * run_where(run):
 * Return the export's directory, borrowed; or NULL after a dry run or a run
 * that stopped before any data arrived.
 */
const char *run_where(const struct run *);

/* A listing that is being read, for the display. */
struct run_current {
	char name[256];		/* its key, with paths instead of ids if
				 * known */
	uint64_t records;
	int64_t total;		/* -1: unknown so far */
};

#define RUN_CURRENT 4

/* Progress. */
struct run_progress {
	const char *unit;	/* name of a unit, such as "files" */
	uint64_t units_done;
	int64_t units_total;	/* -1: unknown so far */
	uint64_t records;	/* kept in this run */
	uint64_t gaps;
	uint64_t pages_done;	/* requests that brought data */
	double pages_left;	/* known ones and estimated ones */
	struct http_counts http;
	int64_t ms;		/* since the run began */
	struct run_current current[RUN_CURRENT];
	size_t n_current;
	/* Of a repair, files: restored; not fetched; gone from the server. */
	uint64_t restored, unfetched, lost;
	bool is_merged;		/* the repair is merged into the export */
	bool is_doubtful;	/* the result does not match the seal */
};

/** run_progress(run, progress): Fill ${progress}; its strings are borrowed. */
void run_progress(const struct run *, struct run_progress *);

/* A record added or removed since an export was made. */
struct run_change {
	char *listing, *record;
	bool gone;
};

/** run_changes(run, n): Return the changes found, borrowed. */
const struct run_change *run_changes(const struct run *, size_t *);

/* A row of an estimate. */
struct run_estimate {
	const char *resource;
	const char *group;	/* "prompt", for files by type; or NULL */
	uint64_t records;
	uint64_t requests;
	uint64_t bytes;
	bool at_least;		/* a lower bound: the total is unknown */
};

/**
 * run_estimates(run, n):
 * Return the rows of the estimate, borrowed, in the order of the resources.
 */
const struct run_estimate *run_estimates(const struct run *, size_t *);

#endif
