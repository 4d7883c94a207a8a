#ifndef PAGE_INTERNAL_H
#define PAGE_INTERNAL_H

#include "page/page.h"

#define PAGE_WATCHED 6

/*
 * One walk over a JSON text: where it is, and what to note on the way.  The
 * walk keeps a bit for each open bracket, so that no depth of data is too
 * deep for it.
 */
struct page_scan {
	const char *begin, *end;

	/* Where to find things, outside the records: see page_scan.c. */
	const char *watch[PAGE_WATCHED];
	struct span found[PAGE_WATCHED];
	const char *records;	/* path of the array of records, or NULL */

	/* What was found. */
	struct page *page;
	bool records_found;
	char why[120];		/* what is wrong, where it is wrong */
	const char *where;
};

/**
 * page_scan(scan):
 * Walk over the whole text.  Return 0, or -1 with ${why} and ${where} set.
 */
int page_scan(struct page_scan *);

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

/** page_name_is(name, at, len): Is the string ${name}, in quotes, that? */
bool page_name_is(struct span, const char *, size_t);

#endif
