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
 * The crank: passes values from room to room until an export is finished.
 * What it does is described at the top of run.c.
 */
struct run;

/* Something that is on disk and not as it should be. */
struct run_damage {
	const char *listing;	/* key of its listing; NULL: it is a mark */
	const char *path;	/* of the file */
};

/*
 * Lines of the manifest are lost, and no seal proves the others: what is to be
 * relied on?  These are tried in turn, until one gives what the seal says.
 */
enum run_trust {
	RUN_TRUST_LINES,	/* those lines that can be read */
	RUN_TRUST_SERVER,	/* nothing but what the server has */
	RUN_TRUST_DISK		/* first what is on disk, then the server */
};

struct run_settings {
	const struct source *source;
	const char *server;	/* as http_check_server() gave it */
	char *const *hosts;	/* others that may have the key, or NULL */
	const char *key;	/* NULL: the source has none */
	json_t *options;	/* of the source: names and texts; borrowed */
	const char *output;	/* where a new export's directory is made */
	const char *resume;	/* the export to go on with, or NULL */
	bool server_moved;
	bool repair;		/* what is damaged, and nothing else */
	enum run_trust trust;	/* repair: if lines of the manifest are lost */
	bool partial;		/* repair: even if not all can be fetched */
	const struct run_damage *damage;	/* to be asked for again */
	size_t n_damage;
	bool dry;		/* only count; write nothing */
	FILE *lines;		/* dry: print the records of one list here */
	const char *online;	/* dry: hold it against this export */
	const char *tool;	/* name and version, for the header */
	unsigned jobs, attempts;
	int64_t max_wait_ms, stall_ms, first_byte_ms;
	uint64_t max_body, buffer;
	const char *ca_file;	/* or NULL */
	enum log_format log_format;
	struct log *log;
	int wake_fd;
};

/* How it ended, or that it didn't. */
enum run_state {
	RUN_GOING,
	RUN_COMPLETE,	/* all is there, and the manifest is sealed */
	RUN_GAPS,	/* all but the gaps in the manifest */
	RUN_STOPPED,	/* by an error; it can be resumed */
	RUN_INTERRUPTED,	/* by the user; likewise */
	RUN_ALREADY,	/* it was complete before */
	RUN_DAMAGED	/* likewise, and files are lost or cut since */
};

/**
 * run_new(settings, err):
 * Begin an export, or go on with one.  Return NULL with ${err} set where that
 * is not possible; run_free() it.  What ${settings} points to is kept by the
 * caller.
 */
struct run *run_new(const struct run_settings *, struct err *);

/** run_free(run): Close everything; ${run} may be NULL. */
void run_free(struct run *);

/**
 * run_step(run, ms, err):
 * Work for about ${ms}, or less if something happened.  Return RUN_GOING, or
 * how it ended; ${err} is set for RUN_STOPPED.
 */
enum run_state run_step(struct run *, int64_t, struct err *);

/** run_interrupt(run): Finish what is under way, and end. */
void run_interrupt(struct run *);

/**
 * run_where(run):
 * Return the export's directory, borrowed; NULL if there is none, since it was
 * a dry run, or stopped before anything came.
 */
const char *run_where(const struct run *);

/* A listing that is being read, for a display. */
struct run_current {
	char name[256];		/* its key, with paths for ids where known */
	uint64_t records;
	int64_t total;		/* -1: not known yet */
};

#define RUN_CURRENT 4

/* How far things are. */
struct run_progress {
	const char *unit;	/* what is counted as a unit: "files" */
	uint64_t units_done;
	int64_t units_total;	/* -1: not known yet */
	uint64_t records;	/* kept in this run */
	uint64_t gaps;
	uint64_t pages_done;	/* requests that brought something */
	double pages_left;	/* known, and guessed from what is known */
	struct http_counts http;
	int64_t ms;		/* since the run began */
	struct run_current current[RUN_CURRENT];
	size_t n_current;
	/* Of a repair, files: brought back; not fetched; not had any more. */
	uint64_t restored, unfetched, lost;
	bool is_merged;		/* and the export has them */
	bool is_doubtful;	/* what came is not what the seal says */
};

/** run_progress(run, progress): Fill ${progress}; its texts are borrowed. */
void run_progress(const struct run *, struct run_progress *);

/* A record that has come, or gone, since an export was made. */
struct run_change {
	char *listing, *record;
	bool gone;
};

/** run_changes(run, n): Return what has changed, borrowed. */
const struct run_change *run_changes(const struct run *, size_t *);

/* What a resource of a dry run comes to. */
struct run_estimate {
	const char *resource;
	const char *group;	/* "prompt", of files by their type; or NULL */
	uint64_t records;
	uint64_t requests;
	uint64_t bytes;
	bool at_least;		/* there are more: nobody says how many */
};

/**
 * run_estimates(run, n):
 * Return what a dry run found, borrowed: rows in the order of the resources.
 */
const struct run_estimate *run_estimates(const struct run *, size_t *);

#endif
