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
 * A path is names with dots between ("metadata.total"), from the outside in.
 */

/* What a reply turned out to hold.  Spans are pieces of the reply. */
struct page {
	struct span *records;
	size_t n, room;
	bool has_breaks;	/* some record has line breaks in it */
	int64_t total, size, number;	/* -1: not said */
	int64_t count;			/* likewise: total, or in this page */
	int more;			/* -1: not said */
	struct span cursor;		/* at NULL: none */
};

/** page_init(page): Make ${page} empty. */
void page_init(struct page *);

/** page_release(page): Free what ${page} holds. */
void page_release(struct page *);

/**
 * page_read(page, shape, at, len, err):
 * Check the ${len} bytes of a reply against ${shape} and set ${page}, whose
 * spans then point into them.  Return 0; or -1 with ${err} set (ERR_DATA) to
 * what is wrong, and at which byte.
 */
int page_read(struct page *, const struct source_shape *, const char *, size_t,
    struct err *);

/**
 * page_check(at, len, err):
 * Are these bytes one JSON value and nothing else?  Return 0, or -1 with
 * ${err} set (ERR_DATA).
 */
int page_check(const char *, size_t, struct err *);

/*
 * The functions below look into a value that page_read() or page_check() has
 * seen, and trust it to be well-formed.
 */

/**
 * page_find(value, path, found):
 * Set ${found} to what stands at ${path} in ${value}: the first, where a name
 * comes twice.  Return whether there is something there; null is something.
 */
bool page_find(struct span, const char *, struct span *);

/**
 * page_next(array, place, item):
 * Set ${item} to the next item of ${array}, starting with ${*place} NULL.
 * Return false at the end, or at once where ${array} is no array.
 */
bool page_next(struct span, const char **, struct span *);

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

/** page_count(value): Return the value of a whole number from 0, or -1. */
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

/**
 * page_key(resource, record, key):
 * Write to ${key} what names the record in its listing.  Return false where
 * a part is missing; ${key} is then made from the record's bytes.
 */
bool page_key(const struct source_resource *, struct span, struct text *);

/** page_parts(resource, record): Return the parts of its key, new. */
char **page_parts(const struct source_resource *, struct span);

/** page_values(resource, record): Return its fields' values, new. */
char **page_values(const struct source_resource *, struct span);

/** page_free_texts(texts, n): Free both. */
void page_free_texts(char **, size_t);

#endif
