#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "source/source.h"

/*
 * From the bytes of a reply to the records in it.  A reply is checked whole
 * against RFC 8259 (and RFC 3629 for its UTF-8) and its records come out as
 * pieces of the reply's own bytes; no value is ever decoded and encoded
 * again.  Nothing here touches the world.
 *
 * A path is names with dots between ("metadata.total"), from the outside in; a
 * name with a dot in it stands in double quotes ("\"@odata.nextLink\"").  Of a
 * name that comes twice in an object the last one counts, as Python, Go and
 * JavaScript read it.
 *
 * Beside what RFC 8259 has, replies and records may hold NaN, Infinity and
 * -Infinity in place of a number: Python's json module writes and reads them.
 */

/*
 * What is looked for in the replies of a resource and in its records: its
 * paths, ready to be compared with names while the bytes are checked.
 */
struct page_plan;

/**
 * page_plan_new(resource):
 * Return the plan of ${resource}, which must live as long; page_plan_free()
 * it.
 */
struct page_plan *page_plan_new(const struct source_resource *);

/** page_plan_free(plan): Free ${plan}, which may be NULL. */
void page_plan_free(struct page_plan *);

/**
 * page_plans_new(source):
 * Return the plans of all resources of ${source}, by their index; new.
 */
struct page_plan **page_plans_new(const struct source *);

/** page_plans_free(plans, source): Free them; ${plans} may be NULL. */
void page_plans_free(struct page_plan **, const struct source *);

#define PAGE_MAX_UNREAD 5

/* Something that a reply says beside its records, and no one understands. */
struct page_unread {
	const char *path;
	bool is_number;		/* where a number should be; or yes or no */
	struct span value;
};

/* What a reply turned out to hold.  Spans are pieces of the reply. */
struct page {
	struct span *records;
	size_t n, capacity;
	struct span *found;	/* what the plan looks for, by record */
	size_t found_capacity;
	const struct page_plan *plan;
	bool has_breaks;	/* some record has line breaks in it */
	size_t n_words;		/* records with NaN or Infinity in them */
	int64_t total, size, number;	/* -1: not said */
	int64_t count;			/* likewise: total, or in this page */
	int more;			/* -1: not said */
	bool has_total;		/* something is there, be it unread */
	bool has_more;		/* the member is there, be it null */
	bool has_cursor;	/* likewise */
	struct span cursor;		/* at NULL: none */
	struct span failure;	/* what says that it failed; at NULL: nothing */
	struct span errors;	/* "errors" or "error", where no definition
				 * says what tells of a failure */
	const char *errors_name;	/* which of the two it is */
	struct page_unread unread[PAGE_MAX_UNREAD];
	unsigned n_unread;
};

/* A record, and where what the plan looks for stands in it. */
struct page_record {
	const struct page_plan *plan;
	struct span bytes;
	const struct span *found;
};

/** page_init(page): Make ${page} empty. */
void page_init(struct page *);

/** page_release(page): Free what ${page} holds. */
void page_release(struct page *);

/**
 * page_read(page, plan, data, len, err):
 * Check the ${len} bytes of a reply against the shape that the resource of
 * ${plan} promises, and set ${page}, whose spans then point into them.
 * Return 0; or -1 with ${err} set (ERR_DATA) to what is wrong, and at which
 * byte.
 */
int page_read(struct page *, const struct page_plan *, const char *, size_t,
    struct err *);

/**
 * page_read_record(page, plan, data, len, err):
 * Check that the ${len} bytes are one record, as it stands in an export, and
 * set ${page} to it alone.  As page_read().
 */
int page_read_record(struct page *, const struct page_plan *, const char *,
    size_t, struct err *);

/* -------------------------------------- records in a file of lines */

/* What is not as we write it, and yet no damage. */
enum page_odd {
	PAGE_ODD_BOM = 1,	/* a byte order mark */
	PAGE_ODD_RETURNS = 2,	/* CR LF at the end of a line */
	PAGE_ODD_BLANKS = 4,	/* blanks around a record */
	PAGE_ODD_LAYOUT = 8,	/* a record over several lines */
	PAGE_ODD_WORDS = 16,	/* NaN or Infinity */
	PAGE_ODD_END = 32	/* the last line has no end */
};

enum page_kind {
	PAGE_RECORD,
	PAGE_EMPTY,		/* a line with nothing but blanks */
	PAGE_DAMAGED,		/* a line that is no record */
	PAGE_MORE,		/* it takes more bytes to tell */
	PAGE_OVER		/* there is nothing left */
};

struct page_item {
	enum page_kind kind;
	struct span bytes;	/* of the record, or of the damaged line */
	size_t used;		/* bytes, with the end of the line */
	uint64_t lines;
	unsigned odd;		/* of enum page_odd */
};

/**
 * page_split(page, plan, data, at_end, item, err):
 * Set ${item} to what stands first in ${data}, bytes of a file of JSON lines;
 * ${at_end}: nothing comes behind them.  Of a record, set ${page} to it; of a
 * damaged line, ${err} to what is wrong.
 */
void page_split(struct page *, const struct page_plan *, struct span, bool,
    struct page_item *, struct err *);

/**
 * page_whole(page, plan, data, item, err):
 * As page_split(), of a file that is one record.
 */
void page_whole(struct page *, const struct page_plan *, struct span,
    struct page_item *, struct err *);

/** page_keep(page, from, to): Let record ${from} be record ${to}. */
void page_keep(struct page *, size_t, size_t);

/** page_record(page, i): Return record ${i}, valid as long as ${page}. */
struct page_record page_record(const struct page *, size_t);

/**
 * page_check(data, len, err):
 * Are these bytes one JSON value by RFC 8259, and nothing else?  Return 0, or
 * -1 with ${err} set (ERR_DATA).
 */
int page_check(const char *, size_t, struct err *);

/*
 * The functions below look into a value that one of those above has checked,
 * and trust it to be well-formed.
 */

/**
 * page_find(value, path, found):
 * Set ${found} to what stands at ${path} in ${value}.  Return whether there
 * is something there; null is something.
 */
bool page_find(struct span, const char *, struct span *);

/**
 * page_next(array, place, item):
 * Set ${item} to the next item of ${array}, starting with ${*place} NULL.
 * Return false at the end, or at once where ${array} is no array.
 */
bool page_next(struct span, const char **, struct span *);

/** page_items(array): Return how many items page_next() gives. */
uint64_t page_items(struct span);

/**
 * page_sum(value, path, sum):
 * Add up the whole numbers at ${path}, going through every item where an
 * array stands on the way.  Return whether all that was met were whole
 * numbers and the sum could be held.
 */
bool page_sum(struct span, const char *, int64_t *);

/** page_is_null(value): Is it null? */
bool page_is_null(struct span);

/** page_is_empty(value): Is it null, "", [] or {}? */
bool page_is_empty(struct span);

/**
 * page_count(value):
 * Return the value of a whole number from 0, however it is written; or -1.
 */
int64_t page_count(struct span);

/**
 * page_value_text(value, text):
 * Add ${value} as plain text: a string without its quotes and escapes, all
 * else as it stands.  A lone surrogate becomes the three bytes that UTF-8
 * would give it and U+0000 the two bytes C0 80, so that different strings
 * stay different and no NUL appears.
 */
void page_value_text(struct span, struct text *);

/**
 * page_plain(value, text):
 * Add ${value} as it stands in a cell of a table: a string without its quotes
 * and escapes, half a surrogate pair as U+FFFD; all else as it stands, but for
 * white space between tokens and escapes that need not be.
 */
void page_plain(struct span, struct text *);

/**
 * page_line(record, line):
 * Add ${record} to ${line} without the line breaks between its tokens (inside
 * a string there can be none): what a shard holds.
 */
void page_line(struct span, struct text *);

/* -------------------------------------- what a record says of itself */

/** page_part(record, i): Return part ${i} of its key; at NULL: none. */
struct span page_part(const struct page_record *, size_t);

/** page_is_named(record): Has it a key? */
bool page_is_named(const struct page_record *);

/**
 * page_tally(tally, key):
 * What page_key() adds to the ${key} of a record that has none of its own.
 */
void page_tally(struct set *, struct text *);

/**
 * page_key(record, tally, key):
 * Write to ${key} what names the record in its listing.  Return false where
 * a part is missing: ${key} is then the SHA-256 of the record's bytes and,
 * of records with the same bytes, which of them it is; ${tally} (or NULL)
 * counts these.
 */
bool page_key(const struct page_record *, struct set *, struct text *);

/** page_parts(record): Return the parts of its key, new. */
char **page_parts(const struct page_record *);

/** page_values(record): Return the values of its fields, new. */
char **page_values(const struct page_record *);

/** page_free_texts(texts, n): Free both. */
void page_free_texts(char **, size_t);

#endif
