#ifndef PAGE_INTERNAL_H
#define PAGE_INTERNAL_H

#include "page/page.h"

/*
 * Paths as a tree of names.  Where a path ends, the value goes to a slot.  The
 * slots of a name and all names below it are numbered ${from} to ${to} - 1.
 */
struct page_name {
	struct span name;
	size_t child, next;	/* its first child, its next sibling; or 0 */
	int slot;		/* -1: no path ends here */
	int from, to;
};

struct page_names {
	struct page_name *all;	/* the first is the root */
	size_t n, capacity;
	size_t depth;		/* of the longest path */
	int n_slots;
};

/* The values in a reply around its records. */
enum page_place {
	PAGE_AT_RECORDS,
	PAGE_AT_TOTAL,
	PAGE_AT_SIZE,
	PAGE_AT_NUMBER,
	PAGE_AT_MORE,
	PAGE_AT_CURSOR,
	PAGE_AT_COUNT,
	PAGE_AT_FAILURE,
	PAGE_AT_ERRORS,
	PAGE_AT_ERROR,
	PAGE_AT_PLACES
};

struct page_plan {
	const struct source_resource *resource;
	struct page_names reply, record;
	int places[PAGE_AT_PLACES];	/* slots in a reply; -1: no path */
	int *slots;	/* in a record: of its key's parts, then its fields */
};

/*
 * A scan of a JSON text: its input and results.  Nesting costs one bit per
 * open bracket, so any depth is fine.
 */
struct page_scan {
	const char *begin, *end;
	bool words;		/* allow NaN and Infinity */
	const struct page_plan *plan;	/* NULL: only validate */
	bool is_record;		/* the text is a record, not a reply */

	/* Results. */
	struct page *page;
	struct span found[PAGE_AT_PLACES];	/* by slot of the reply */
	bool records_found;
	bool records_null;
	bool has_words;
	char why[120];		/* the error, and its place */
	const char *where;
};

/* An open bracket on a planned path. */
struct page_level {
	const struct page_name *name;
	const char *begin;
};

struct page_walk {
	struct page_scan *scan;
	const char *end;
	unsigned char *open;	/* a bit per level: 1 is an object */
	size_t open_capacity;
	size_t depth;
	size_t record_depth;	/* depth of the records; 0: not among them */
	const char *record;	/* start of the current record */
	bool breaks;		/* the record has a line break */
	bool escaped;		/* the current name has an escape */
	bool words;		/* the record has NaN or Infinity */

	const struct page_names *names;	/* the current plan, or NULL */
	struct span *found;	/* the values found, by slot */
	const struct page_name *next;	/* of the member whose value is next */
	struct page_level *levels;	/* from 1 */
	size_t tracked;
	bool done;		/* the plan has nothing here */
	const char *over;	/* the end of the top value */
};

/** A walk: see page_walk.h.  Return the end, or NULL on an error. */
typedef const char *page_walker(struct page_walk *, const char *);

/* The instructions that a walk uses. */
enum page_means {
	PAGE_PLAIN,	/* portable C */
	PAGE_WIDE,	/* 16 bytes at a time: SSE2, NEON */
	PAGE_WIDER	/* 32 bytes at a time: AVX2 */
};

page_walker page_walk_plain;

/** page_walk_wide(), page_walk_wider(): Return the walk, or NULL if none. */
page_walker *page_walk_wide(void);
page_walker *page_walk_wider(void);

/** page_can(means): Does this processor support ${means}? */
bool page_can(enum page_means);

/**
 * page_scan(scan):
 * Scan the text.  Return 0, or -1 with ${why} and ${where} set.
 */
int page_scan(struct page_scan *);

/** page_scan_by(scan, means): As page_scan(), with supported ${means}. */
int page_scan_by(struct page_scan *, enum page_means);

/** page_clear(page, plan): Make ${page} empty; keep its memory. */
void page_clear(struct page *, const struct page_plan *);

/** page_complain(scan, err): Set ${err} to the scan's error; return -1. */
int page_complain(const struct page_scan *, struct err *);

/** page_skip_string(p, end): Step over the string that begins at ${p}. */
const char *page_skip_string(const char *, const char *);

/**
 * page_skip(at, end):
 * Return the end of the well-formed value at ${at}.
 */
const char *page_skip(const char *, const char *);

/** page_blank(at, end): Return the first byte that is not white space. */
const char *page_blank(const char *, const char *);

/** page_name_is(name, data, len): Does the JSON string ${name} equal data? */
bool page_name_is(struct span, const char *, size_t);

#endif
