#ifndef PAGE_INTERNAL_H
#define PAGE_INTERNAL_H

#include "page/page.h"

/*
 * Paths as a tree of names.  A name that ends a path is watched: what stands
 * there goes to a slot.  The slots of all names below one are those from
 * ${from} to before ${to}, its own among them.
 */
struct page_name {
	struct span name;
	size_t child, next;	/* the first below it, the next beside; or 0 */
	int slot;		/* -1: no path ends here */
	int from, to;
};

struct page_names {
	struct page_name *all;	/* the first is the root */
	size_t n, capacity;
	size_t depth;		/* of the longest path */
	int n_slots;
};

/* What is looked for in a reply, around its records. */
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
	int places[PAGE_AT_PLACES];	/* slots in a reply; -1: not wanted */
	int *slots;	/* in a record: of its key's parts, then its fields' */
};

/*
 * One walk over a JSON text: where it is, and what to note on the way.  The
 * walk keeps a bit for each open bracket, so that no depth of data is too
 * deep for it.
 */
struct page_scan {
	const char *begin, *end;
	bool words;		/* NaN and Infinity may stand for numbers */
	const struct page_plan *plan;	/* NULL: only check */
	bool is_record;		/* the text is a record, not a reply */

	/* What was found. */
	struct page *page;
	struct span found[PAGE_AT_PLACES];	/* by slot of the reply */
	bool records_found;
	bool records_null;
	bool has_words;
	char why[120];		/* what is wrong, where it is wrong */
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
	unsigned char *open;	/* a bit a level: 1 is an object */
	size_t open_capacity;
	size_t depth;
	size_t record_depth;	/* depth of the records, 0: not in them */
	const char *record;	/* where the record at hand begins */
	bool breaks;		/* a line break was skipped in it */
	bool escaped;		/* an escape stands in the name at hand */
	bool words;		/* NaN or Infinity stands in it */

	const struct page_names *names;	/* planned here, or NULL */
	struct span *found;	/* where their values go, by slot */
	const struct page_name *next;	/* of the member whose value comes */
	struct page_level *levels;	/* from 1 */
	size_t tracked;
	bool done;		/* nothing is planned here */
	const char *over;	/* where the whole value ends */
};

/** A walk: see page_walk.h.  Return the end, or NULL where it failed. */
typedef const char *page_walker(struct page_walk *, const char *);

/* What a walk makes use of. */
enum page_means {
	PAGE_PLAIN,	/* nothing that not every processor has */
	PAGE_WIDE,	/* 16 bytes at a time: SSE2, NEON */
	PAGE_WIDER	/* 32: AVX2 */
};

page_walker page_walk_plain;

/** page_walk_wide(), page_walk_wider(): Return the walk, or NULL: none here. */
page_walker *page_walk_wide(void);
page_walker *page_walk_wider(void);

/** page_can(means): Does this processor have them? */
bool page_can(enum page_means);

/**
 * page_scan(scan):
 * Walk over the whole text.  Return 0, or -1 with ${why} and ${where} set.
 */
int page_scan(struct page_scan *);

/** page_scan_by(scan, means): The same by ${means}, which there must be. */
int page_scan_by(struct page_scan *, enum page_means);

/** page_clear(page, plan): Nothing is known of it; its memory is kept. */
void page_clear(struct page *, const struct page_plan *);

/** page_complain(scan, err): Set ${err} to what is wrong; return -1. */
int page_complain(const struct page_scan *, struct err *);

/**
 * page_utf8(at, end):
 * Return how many bytes the well-formed character above U+007F at ${at}
 * takes, or 0 if there is none.
 */
size_t page_utf8(const unsigned char *, const unsigned char *);

/**
 * page_skip(at, end):
 * Return where the well-formed value that begins at ${at} ends.
 */
const char *page_skip(const char *, const char *);

/** page_blank(at, end): Return the first byte from ${at} that's no space. */
const char *page_blank(const char *, const char *);

/** page_name_is(name, data, len): Is the string ${name}, in quotes, that? */
bool page_name_is(struct span, const char *, size_t);

#endif
