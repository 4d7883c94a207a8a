/*
 * A reply against what it promised to be.
 */

#include <stdlib.h>
#include <string.h>

#include "page/page_internal.h"

enum { AT_TOTAL, AT_SIZE, AT_NUMBER, AT_MORE, AT_CURSOR, AT_COUNT };

void
page_init(struct page *page)
{
	*page = (struct page){ .total = -1, .size = -1, .number = -1,
	    .count = -1, .more = -1 };
}

void
page_release(struct page *page)
{
	free(page->records);
	page_init(page);
}

/* Set the error to what is wrong and show a little of the place. */
static int
complain(const struct page_scan *scan, struct err *err)
{
	struct text near;
	size_t left = (size_t)(scan->end - scan->where);

	text_init(&near, 200);
	text_add_visible(&near, scan->where, left < 24 ? left : 24);
	err_set(err, ERR_DATA, "byte %zu: %s%s%s%s",
	    (size_t)(scan->where - scan->begin), scan->why,
	    near.len > 0 ? ", at \"" : "", near.len > 0 ? near.at : "",
	    near.len > 0 ? "\"" : "");
	text_release(&near);
	return -1;
}

/* Say what a body that isn't even nearly JSON looks like. */
static int
check_looks(const char *at, size_t len, struct err *err)
{
	const char *p = page_blank(at, at + len);

	if (p == at + len)
		return err_set(err, ERR_DATA, "the body is empty");
	if (*p == '<')
		return err_set(err, ERR_DATA, "the body is HTML or XML, "
		    "not JSON");
	return 0;
}

/* Read a count that was watched for; not there or null: -1. */
static int
read_count(const struct page_scan *scan, int which, const char *path,
    int64_t *count, struct err *err)
{
	struct span found = scan->found[which];

	*count = -1;
	if (found.at == NULL || page_is_null(found))
		return 0;
	if ((*count = page_count(found)) == -1)
		return err_set(err, ERR_DATA, "\"%s\" is no count: %.*s",
		    path, (int)(found.len < 40 ? found.len : 40), found.at);
	return 0;
}

static int
read_more(const struct page_scan *scan, const char *path, int *more,
    struct err *err)
{
	struct span found = scan->found[AT_MORE];

	if (found.at == NULL || page_is_null(found))
		return 0;
	if (!text_is(found, "true") && !text_is(found, "false"))
		return err_set(err, ERR_DATA, "\"%s\" is neither true nor "
		    "false", path);
	*more = text_is(found, "true");
	return 0;
}

/* What is said beside the records. */
static int
read_envelope(struct page *page, const struct source_shape *shape,
    const struct page_scan *scan, struct err *err)
{
	if (read_count(scan, AT_TOTAL, shape->total, &page->total,
	    err) == -1 ||
	    read_count(scan, AT_SIZE, shape->size, &page->size, err) == -1 ||
	    read_count(scan, AT_NUMBER, shape->number, &page->number,
	    err) == -1 ||
	    read_count(scan, AT_COUNT, shape->count, &page->count,
	    err) == -1 ||
	    read_more(scan, shape->more, &page->more, err) == -1)
		return -1;
	page->cursor = scan->found[AT_CURSOR];
	if (page->cursor.at != NULL && page_is_empty(page->cursor))
		page->cursor = (struct span){ NULL, 0 };
	return 0;
}

static void
add_whole(struct page *page, const char *at, size_t len)
{
	page->records = mem_need(page->records, 1, &page->room,
	    sizeof(*page->records));
	page->records[0] = (struct span){ at, len };
	page->n = 1;
}

/* Has the object what it must have? */
static int
check_needs(const struct source_shape *shape, struct span object,
    struct err *err)
{
	struct span found;
	size_t i;

	for (i = 0; i < shape->n_needs; i++)
		if (!page_find(object, shape->needs[i], &found))
			return err_set(err, ERR_DATA, "no \"%s\" in the "
			    "reply: %.*s", shape->needs[i], object.len < 200 ?
			    (int)object.len : 200, object.at);
	return 0;
}

/* The reply as a whole is the record. */
static int
read_whole(struct page *page, const struct source_shape *shape,
    const char *at, size_t len, struct err *err)
{
	enum source_form form = shape->form;
	const char *p = at, *end = at + len;

	if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	p = page_blank(p, end);
	if (form == SOURCE_OBJECT && *p != '{')
		return err_set(err, ERR_DATA, "an object was promised, and "
		    "this is none");
	if (form == SOURCE_ARRAY && *p != '[')
		return err_set(err, ERR_DATA, "an array was promised, and "
		    "this is none");
	add_whole(page, p, (size_t)(page_skip(p, end) - p));
	return check_needs(shape, page->records[0], err);
}

int
page_read(struct page *page, const struct source_shape *shape, const char *at,
    size_t len, struct err *err)
{
	struct page_scan scan = { .begin = at, .end = at + len,
	    .page = page };

	page->n = 0;
	page->has_breaks = false;
	page->total = page->size = page->number = page->count = -1;
	page->more = -1;
	page->cursor = (struct span){ NULL, 0 };
	if (shape->form == SOURCE_TEXT) {
		add_whole(page, at, len);
		return 0;
	}
	if (check_looks(at, len, err) == -1)
		return -1;
	if (shape->form == SOURCE_RECORDS) {
		scan.records = shape->records;
		scan.watch[AT_TOTAL] = shape->total;
		scan.watch[AT_SIZE] = shape->size;
		scan.watch[AT_NUMBER] = shape->number;
		scan.watch[AT_MORE] = shape->more;
		scan.watch[AT_CURSOR] = shape->cursor;
		scan.watch[AT_COUNT] = shape->count;
	}
	if (page_scan(&scan) == -1)
		return complain(&scan, err);
	if (shape->form != SOURCE_RECORDS)
		return read_whole(page, shape, at, len, err);
	if (!scan.records_found)
		return err_set(err, ERR_DATA, "no \"%s\" in the reply: %.*s",
		    shape->records, len < 200 ? (int)len : 200, at);
	return read_envelope(page, shape, &scan, err);
}

int
page_check(const char *at, size_t len, struct err *err)
{
	struct page_scan scan;

	if (len == 0)
		at = "";
	scan = (struct page_scan){ .begin = at, .end = at + len };
	return page_scan(&scan) == -1 ? complain(&scan, err) : 0;
}
