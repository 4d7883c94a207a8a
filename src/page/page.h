#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "source/source.h"

/*
 * Finding the records in the bytes of a reply.  The reply is fully validated
 * against RFC 8259 (and RFC 3629 for UTF-8), and records are spans of its
 * bytes: no value is decoded and encoded again.  Pure functions, no I/O.
 *
 * A path is names separated by dots ("metadata.total"), outermost first; a
 * name that contains a dot is in double quotes ("\"@odata.nextLink\"").  If a
 * name occurs twice in an object, the last one counts, as in Python, Go and
 * JavaScript.
 *
 * As an extension of RFC 8259, numbers may be NaN, Infinity and -Infinity:
 * Python's json module writes and reads them.
 */

/*
 * The paths of a resource, compiled so that they can be compared with member
 * names during validation.
 */
struct page_plan;

/**
 * page_plan_new(resource):
 * Return the plan of ${resource}, which must outlive it; page_plan_free() it.
 */
struct page_plan *page_plan_new(const struct source_resource *);

/** page_plan_free(plan): Free ${plan}, which may be NULL. */
void page_plan_free(struct page_plan *);

/**
 * page_plans_new(source):
 * Return the plans of all resources of ${source}, by index; new.
 */
struct page_plan **page_plans_new(const struct source *);

/** page_plans_free(plans, source): Free them; ${plans} may be NULL. */
void page_plans_free(struct page_plan **, const struct source *);

#define PAGE_MAX_UNREAD 5

/* A value beside the records that does not have the expected type. */
struct page_unread {
	const char *path;
	bool is_number;		/* a number was expected; else a boolean */
	struct span value;
};

/* The contents of a reply.  Spans point into the reply. */
struct page {
	struct span *records;
	size_t n, capacity;
	struct span *found;	/* the plan's values, record by record */
	size_t found_capacity;
	const struct page_plan *plan;
	bool has_breaks;	/* some record contains line breaks */
	size_t n_words;		/* records that contain NaN or Infinity */
	int64_t total, size, number;	/* -1: not reported */
	int64_t count;			/* total, or of this page; or -1 */
	int more;			/* 1, 0; -1: not reported */
	bool has_total;		/* the total exists, perhaps malformed */
	bool has_more;		/* the member exists, perhaps null */
	bool has_cursor;	/* the member exists, perhaps null */
	struct span cursor;		/* a NULL span: none */
	struct span failure;	/* reports a failure; a NULL span: none */
	struct span errors;	/* "errors" or "error", if the definition has
				 * no "failure" */
	const char *errors_name;	/* which of the two */
	struct page_unread unread[PAGE_MAX_UNREAD];
	unsigned n_unread;
};

/* A record, and the plan's values in it. */
struct page_record {
	const struct page_plan *plan;
	struct span bytes;
	const struct span *found;
};

/** page_init(page): Make ${page} empty. */
void page_init(struct page *);

/** page_release(page): Free the memory of ${page}. */
void page_release(struct page *);

/**
 * page_read(page, plan, data, len, err):
 * Validate a reply of ${len} bytes against the shape of the plan's resource,
 * and set ${page}, whose spans then point into it.  Return 0; or -1 with
 * ${err} set (ERR_DATA) to the error and its byte offset.
 */
int page_read(struct page *, const struct page_plan *, const char *, size_t,
    struct err *);

/**
 * page_read_record(page, plan, data, len, err):
 * Validate that the ${len} bytes are one record of an export, and set ${page}
 * to it.  As page_read().
 */
int page_read_record(struct page *, const struct page_plan *, const char *,
    size_t, struct err *);

/* -------------------------------------- records in a file of lines */

/* Deviations from our own format that are not damage. */
enum page_odd {
	PAGE_ODD_BOM = 1,	/* a byte order mark */
	PAGE_ODD_RETURNS = 2,	/* CR LF at the end of a line */
	PAGE_ODD_BLANKS = 4,	/* white space around a record */
	PAGE_ODD_LAYOUT = 8,	/* a record over several lines */
	PAGE_ODD_WORDS = 16,	/* NaN or Infinity */
	PAGE_ODD_END = 32	/* no newline at the end of the file */
};

enum page_kind {
	PAGE_RECORD,
	PAGE_EMPTY,		/* an empty or blank line */
	PAGE_DAMAGED,		/* a line that is not a record */
	PAGE_MORE,		/* more bytes are needed to decide */
	PAGE_OVER		/* no bytes are left */
};

struct page_item {
	enum page_kind kind;
	struct span bytes;	/* of the record, or of the damaged line */
	size_t used;		/* bytes, including the newline */
	uint64_t lines;
	unsigned odd;		/* of enum page_odd */
};

/**
 * page_split(page, plan, data, at_end, item, err):
 * Set ${item} to the first item of ${data}, bytes of a JSON-lines file;
 * ${at_end}: these are the last bytes of the file.  For a record, also set
 * ${page} to it; for a damaged line, set ${err}.
 */
void page_split(struct page *, const struct page_plan *, struct span, bool,
    struct page_item *, struct err *);

/**
 * page_whole(page, plan, data, item, err):
 * As page_split(), for a file that is one record.
 */
void page_whole(struct page *, const struct page_plan *, struct span,
    struct page_item *, struct err *);

/** page_keep(page, from, to): Move record ${from} to index ${to}. */
void page_keep(struct page *, size_t, size_t);

/** page_record(page, i): Return record ${i}, valid as long as ${page}. */
struct page_record page_record(const struct page *, size_t);

/**
 * page_check(data, len, err):
 * Validate that the bytes are exactly one JSON value (RFC 8259).  Return 0, or
 * -1 with ${err} set (ERR_DATA).
 */
int page_check(const char *, size_t, struct err *);

/*
 * The functions below require values that one of the functions above has
 * validated.
 */

/**
 * page_find(value, path, found):
 * Set ${found} to the value at ${path} in ${value}.  Return whether it exists;
 * null exists.
 */
bool page_find(struct span, const char *, struct span *);

/**
 * page_next(array, place, item):
 * Set ${item} to the next item of ${array}; start with ${*place} NULL.  Return
 * false at the end, or at once if ${array} is not an array.
 */
bool page_next(struct span, const char **, struct span *);

/** page_items(array): Return the number of items of page_next(). */
uint64_t page_items(struct span);

/**
 * page_sum(value, path, sum):
 * Add up the integers at ${path}; an array on the path means each of its
 * items.  Return whether all values were integers and the sum did not
 * overflow.
 */
bool page_sum(struct span, const char *, int64_t *);

/** page_is_null(value): Is it null? */
bool page_is_null(struct span);

/** page_is_empty(value): Is it null, "", [] or {}? */
bool page_is_empty(struct span);

/**
 * page_count(value):
 * Return the value of a non-negative integer in any JSON notation; or -1.
 */
int64_t page_count(struct span);

/**
 * page_value_text(value, text):
 * Add ${value} as text: a string decoded, anything else unchanged.  A lone
 * surrogate is encoded in three bytes as in UTF-8, and U+0000 as C0 80, so that
 * different strings stay different and no NUL appears.
 */
void page_value_text(struct span, struct text *);

/**
 * page_plain(value, text):
 * Add ${value} as a table cell: a string decoded, with a lone surrogate as
 * U+FFFD; anything else unchanged, but without white space between tokens and
 * without unnecessary escapes.
 */
void page_plain(struct span, struct text *);

/**
 * page_line(record, line):
 * Add ${record} to ${line} as a shard's line: without the line breaks between
 * its tokens.
 */
void page_line(struct span, struct text *);

/* ------------------------------------------- a record's key and fields */

/** page_part(record, i): Return part ${i} of its key, or a NULL span. */
struct span page_part(const struct page_record *, size_t);

/** page_is_named(record): Does the record have a key? */
bool page_is_named(const struct page_record *);

/**
 * page_tally(tally, key):
 * Add to ${key} what page_key() adds for a record without a key: its
 * occurrence number.
 */
void page_tally(struct set *, struct text *);

/**
 * page_key(record, tally, key):
 * Write the record's key, unique in its listing, to ${key}.  Return false if
 * the record lacks a part of it: then ${key} is the SHA-256 of its bytes, plus
 * the occurrence number of these bytes, counted in ${tally} (or NULL).
 */
bool page_key(const struct page_record *, struct set *, struct text *);

/** page_parts(record): Return the parts of its key; page_free_texts() it. */
char **page_parts(const struct page_record *);

/** page_values(record): Return its fields' values; page_free_texts() it. */
char **page_values(const struct page_record *);

/** page_free_texts(texts, n): Free an array of ${n} texts. */
void page_free_texts(char **, size_t);

#endif
