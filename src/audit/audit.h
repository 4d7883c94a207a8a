#ifndef AUDIT_H
#define AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "manifest/manifest.h"
#include "source/source.h"

/*
 * What is in an export directory, told from the directory alone: ours, by its
 * manifest, or the old Python tool's, by its files.  Nothing is changed.
 */

/* How many records there are of a resource. */
struct audit_count {
	const char *resource;	/* borrowed from the source */
	uint64_t records;
};

/* How many of the units (files) are of a kind (prompt, tool). */
struct audit_kind {
	char *name;
	uint64_t count;
};

/* A summary; see audit_summary(). */
struct audit_summary {
	bool ours;		/* it has a manifest */
	bool sealed;		/* complete and proven */
	char *source, *server, *started;	/* or NULL */
	struct audit_count *counts;	/* by resource, in the source's order */
	size_t n_counts;
	struct audit_kind *kinds;
	size_t n_kinds, kinds_room;
	uint64_t files, bytes;
	struct manifest_gap *gaps;	/* in the order of their keys */
	uint64_t n_gaps;
	uint64_t unfinished;	/* listings begun, not ended, no gap */
	uint64_t unmarked;	/* of an old export: units without .done */
};

/**
 * audit_summary(path, source, log, summary, err):
 * Fill ${summary} from the directory ${path}, which ${source} describes.
 * Return 0; or -1 with ${err} set where it can't be read or is no export.
 * audit_release() it in either case.
 */
int audit_summary(const char *, const struct source *, struct log *,
    struct audit_summary *, struct err *);

/** audit_release(summary): Free what ${summary} holds. */
void audit_release(struct audit_summary *);

/**
 * audit_source_of(path):
 * Return the source of the export in ${path}: the one its manifest names, or
 * carries; without a manifest, the one the old tool knew.  source_free() it;
 * or NULL with ${err} set.
 */
struct source *audit_source_of(const char *, struct err *);

#endif
