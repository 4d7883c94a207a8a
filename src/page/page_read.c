/*
 * Checking a reply against the shape that its definition promises.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "page/page_internal.h"

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
	free(page->found);
	page_init(page);
}

/* Set the error, with an excerpt of the place. */
int
page_complain(const struct page_scan *scan, struct err *err)
{
	struct text near;
	size_t left = (size_t)(scan->end - scan->where);

	text_init(&near, 200);
	text_add_visible(&near, scan->where, left < 24 ? left : 24);
	err_set(err, ERR_DATA, "byte %zu: %s%s%s%s",
	    (size_t)(scan->where - scan->begin), scan->why,
	    near.len > 0 ? ", at \"" : "", near.len > 0 ? near.data : "",
	    near.len > 0 ? "\"" : "");
	text_release(&near);
	return -1;
}

/* Describe a body that is obviously not JSON. */
static int
check_prescans(const char *data, size_t len, struct err *err)
{
	const char *p = page_blank(data, data + len);

	if (p == data + len)
		return err_set(err, ERR_DATA, "the body is empty");
	if (*p == '<')
		return err_set(err, ERR_DATA, "the body is HTML or XML, "
		    "not JSON");
	return 0;
}

/* Return the value at a place in the reply, or a NULL span. */
static struct span
found_at(const struct page_scan *scan, enum page_place place)
{
	int slot = scan->plan->places[place];

	return slot >= 0 ? scan->found[slot] : (struct span){ NULL, 0 };
}

/* The same, but treat null as missing. */
static struct span
value_at(const struct page_scan *scan, enum page_place place)
{
	struct span found = found_at(scan, place);

	return found.data != NULL && page_is_null(found) ?
	    (struct span){ NULL, 0 } : found;
}

/* Record that the value at ${path} has an unexpected type. */
static void
add_unread(struct page *page, const char *path, bool is_number,
    struct span value)
{
	if (page->n_unread < PAGE_MAX_UNREAD)
		page->unread[page->n_unread++] = (struct page_unread){ path,
		    is_number, value };
}

/* Some servers write numbers and booleans as strings. */
static struct span
without_quotes(struct span value)
{
	return value.len > 2 && *value.data == '"' ? (struct span){
	    value.data + 1, value.len - 2 } : value;
}

/* Read a count; -1 if it is missing or malformed. */
static int64_t
read_count(struct page *page, const struct page_scan *scan,
    enum page_place place, const char *path)
{
	struct span found = value_at(scan, place);
	int64_t count;

	if (found.data == NULL)
		return -1;
	count = page_count(without_quotes(found));
	if (count == -1)
		add_unread(page, path, true, found);
	return count;
}

static bool
is_one_of(struct span value, const char *word, const char *digit)
{
	return text_is(value, digit) || (value.len == strlen(word) &&
	    strncasecmp(value.data, word, value.len) == 0);
}

/* Are there more pages: 1 or 0; -1 if that is missing or malformed. */
static int
read_more(struct page *page, const struct page_scan *scan, const char *path)
{
	struct span found = value_at(scan, PAGE_AT_MORE), plain;

	if (found.data == NULL)
		return -1;
	plain = without_quotes(found);
	if (is_one_of(plain, "true", "1"))
		return 1;
	if (is_one_of(plain, "false", "0"))
		return 0;
	add_unread(page, path, false, found);
	return -1;
}

/* Does the value report an error? */
static bool
says_something(struct span value)
{
	return value.data != NULL && !page_is_empty(value) &&
	    !text_is(value, "false") && !text_is(value, "0");
}

/* Read the values beside the records. */
static void
read_envelope(struct page *page, const struct page_scan *scan)
{
	const struct source_shape *shape = &scan->plan->resource->shape;

	page->total = read_count(page, scan, PAGE_AT_TOTAL, shape->total);
	page->size = read_count(page, scan, PAGE_AT_SIZE, shape->size);
	page->number = read_count(page, scan, PAGE_AT_NUMBER, shape->number);
	page->count = read_count(page, scan, PAGE_AT_COUNT, shape->count);
	page->more = read_more(page, scan, shape->more);
	page->has_total = value_at(scan, PAGE_AT_TOTAL).data != NULL;
	page->has_more = found_at(scan, PAGE_AT_MORE).data != NULL;
	page->has_cursor = found_at(scan, PAGE_AT_CURSOR).data != NULL;
	page->cursor = value_at(scan, PAGE_AT_CURSOR);
	if (page->cursor.data != NULL && !says_something(page->cursor) &&
	    !text_is(page->cursor, "0"))
		page->cursor = (struct span){ NULL, 0 };
	page->errors = value_at(scan, PAGE_AT_ERRORS);
	page->errors_name = "errors";
	if (!says_something(page->errors)) {
		page->errors = value_at(scan, PAGE_AT_ERROR);
		page->errors_name = "error";
	}
	if (!says_something(page->errors))
		page->errors = (struct span){ NULL, 0 };
}

/* Make all ${len} bytes at ${data} the only record. */
static void
add_whole(struct page *page, const char *data, size_t len)
{
	page->records = mem_need(page->records, 1, &page->capacity,
	    sizeof(*page->records));
	page->records[0] = (struct span){ data, len };
	page->n = 1;
}

/* Check that the object has the paths that it needs. */
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
			    (int)object.len : 200, object.data);
	return 0;
}

/* Read a reply that is a single record. */
static int
read_whole(struct page *page, const struct source_shape *shape,
    struct err *err)
{
	struct span record = page->records[0];

	if (shape->form == SOURCE_OBJECT && *record.data != '{')
		return err_set(err, ERR_DATA, "expected an object in the "
		    "reply");
	if (shape->form == SOURCE_ARRAY && *record.data != '[')
		return err_set(err, ERR_DATA, "expected an array in the "
		    "reply");
	if (shape->failure != NULL && page_find(record, shape->failure,
	    &page->failure) && !says_something(page->failure))
		page->failure = (struct span){ NULL, 0 };
	/* A reply that reports a failure need not have these. */
	return page->failure.data != NULL ? 0 : check_needs(shape, record, err);
}

/* The array of records is missing. */
static int
no_records(const struct page_scan *scan, struct err *err)
{
	const struct source_shape *shape = &scan->plan->resource->shape;
	size_t len = (size_t)(scan->end - scan->begin);

	if (scan->records_null && shape->empty_null)
		return 0;
	if (scan->records_null)
		return err_set(err, ERR_DATA, "\"%s\" is null instead of an "
		    "array of records; if that means an empty list, add "
		    "\"empty: null\" to the definition",
		    shape->records);
	return err_set(err, ERR_DATA, "no \"%s\" in the reply: %.*s",
	    shape->records, len < 200 ? (int)len : 200, scan->begin);
}

void
page_clear(struct page *page, const struct page_plan *plan)
{
	struct span *records = page->records, *found = page->found;
	size_t capacity = page->capacity, found_capacity = page->found_capacity;

	page_init(page);
	page->records = records;
	page->found = found;
	page->capacity = capacity;
	page->found_capacity = found_capacity;
	page->plan = plan;
}

static bool
is_blank(const char *data, const char *end)
{
	return page_blank(data, end) == end;
}

/* Read a reply that has one record per line. */
static int
read_lines(struct page *page, const struct page_plan *plan, const char *data,
    size_t len, struct err *err)
{
	const char *failure = plan->resource->shape.failure;
	const char *end = data + len, *line, *next;
	struct page_scan scan;
	struct err why;

	for (line = data; line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next != NULL ? next + 1 : end;
		if (is_blank(line, next))
			continue;
		scan = (struct page_scan){ .begin = line, .end = next,
		    .plan = plan, .words = true, .page = page,
		    .is_record = true };
		if (page_scan(&scan) == -1) {
			page_complain(&scan, &why);
			return err_set(err, ERR_DATA, "the line at byte %zu: "
			    "%s", (size_t)(line - data), why.text);
		}
		if (failure != NULL && page_find(page->records[page->n - 1],
		    failure, &page->failure) && says_something(page->failure))
			return 0;
		page->failure = (struct span){ NULL, 0 };
	}
	return 0;
}

int
page_read(struct page *page, const struct page_plan *plan, const char *data,
    size_t len, struct err *err)
{
	const struct source_shape *shape = &plan->resource->shape;
	struct page_scan scan = { .begin = data, .end = data + len,
	    .plan = plan, .words = true, .page = page,
	    .is_record = shape->form != SOURCE_RECORDS };
	int failed = plan->places[PAGE_AT_FAILURE];

	page_clear(page, plan);
	if (shape->form == SOURCE_TEXT) {
		add_whole(page, data, len);
		return 0;
	}
	/* An empty list has no lines. */
	if (shape->form == SOURCE_LINES && is_blank(data, data + len))
		return 0;
	if (check_prescans(data, len, err) == -1)
		return -1;
	if (shape->form == SOURCE_LINES)
		return read_lines(page, plan, data, len, err);
	if (page_scan(&scan) == -1)
		return page_complain(&scan, err);
	if (scan.is_record)
		return read_whole(page, shape, err);
	if (failed >= 0 && says_something(scan.found[failed])) {
		page->failure = scan.found[failed];
		return 0;
	}
	if (!scan.records_found && no_records(&scan, err) == -1)
		return -1;
	read_envelope(page, &scan);
	return 0;
}

int
page_read_record(struct page *page, const struct page_plan *plan,
    const char *data, size_t len, struct err *err)
{
	struct page_scan scan = { .begin = data, .end = data + len,
	    .plan = plan, .words = true, .page = page, .is_record = true };

	if (len == 0)
		scan.begin = scan.end = "";
	page_clear(page, plan);
	if (plan->resource->shape.form == SOURCE_TEXT) {
		add_whole(page, data, len);
		return 0;
	}
	return page_scan(&scan) == -1 ? page_complain(&scan, err) : 0;
}

void
page_keep(struct page *page, size_t from, size_t to)
{
	size_t n = (size_t)page->plan->record.n_slots;

	page->records[to] = page->records[from];
	if (n > 0)
		memmove(&page->found[to * n], &page->found[from * n],
		    n * sizeof(*page->found));
}

struct page_record
page_record(const struct page *page, size_t i)
{
	size_t n = (size_t)page->plan->record.n_slots;

	return (struct page_record){ page->plan, page->records[i],
	    n > 0 ? &page->found[i * n] : NULL };
}

int
page_check(const char *data, size_t len, struct err *err)
{
	struct page_scan scan;

	if (len == 0)
		data = "";
	scan = (struct page_scan){ .begin = data, .end = data + len };
	return page_scan(&scan) == -1 ? page_complain(&scan, err) : 0;
}
