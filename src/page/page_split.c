/*
 * Reading records from JSON-lines files that other tools may have changed.
 *
 * A line is a record.  What editors do to such files is not damage: a byte
 * order mark, CR LF, white space around a record, empty lines, a missing final
 * newline, a record formatted over several lines.  Such a record begins with
 * its opening bracket at the start of a line, is indented, and ends with a line
 * that begins with the closing bracket.
 */

#include <string.h>

#include "page/page_internal.h"

/* Return the end of the line at ${p}, or NULL if it is not in the data. */
static const char *
line_end(const char *p, const char *end)
{
	return p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
}

static bool
is_blank(const char *p, const char *end)
{
	return page_blank(p, end) == end;
}

static size_t
mark_at(const char *p, const char *end)
{
	return end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Is it a record; and if not, could more bytes make it one? */
static bool
is_record(struct page *page, const struct page_plan *plan, const char *from,
    const char *to, bool *is_open, struct err *err)
{
	struct page_scan scan = { .begin = from, .end = to, .plan = plan,
	    .words = true, .page = page, .is_record = true };

	page_clear(page, plan);
	if (page_scan(&scan) == 0)
		return true;
	*is_open = scan.where == to;
	(void)page_complain(&scan, err);
	return false;
}

/* Return how the line deviates from our format. */
static unsigned
odds_of(struct span record, const char *from, const char *to)
{
	size_t mark = mark_at(from, to);
	unsigned odd = mark > 0 ? PAGE_ODD_BOM : 0;
	const char *end = record.data + record.len;

	if (to > end && to[-1] == '\r') {
		odd |= PAGE_ODD_RETURNS;
		to--;
	}
	if (record.data > from + mark || to > end)
		odd |= PAGE_ODD_BLANKS;
	return odd;
}

/*
 * Find the last line of a record formatted over several lines; the first one
 * ends at ${end}.  Return its end; or NULL if there is none, with ${*more} set
 * if it may be in later bytes.
 */
static const char *
find_close(const char *end, const char *stop, bool at_end, bool *more,
    uint64_t *lines)
{
	const char *p = end + 1, *next;

	for (*lines = 2;; ++*lines, p = next + 1) {
		next = line_end(p, stop);
		if (next == NULL && !at_end) {
			*more = true;
			return NULL;
		}
		if (next == NULL)
			next = stop;
		if (p >= stop)
			return NULL;
		if (*p == '}' || *p == ']')
			return next;
		if (*p != ' ' && *p != '\t' && !is_blank(p, next))
			return NULL;
		if (next == stop)
			return NULL;
	}
}

static void
take(struct page_item *item, const struct page *page, const char *from,
    const char *to, uint64_t lines)
{
	item->kind = PAGE_RECORD;
	item->bytes = page->records[0];
	item->lines = lines;
	item->odd |= odds_of(item->bytes, from, to);
	if (lines > 1)
		item->odd |= PAGE_ODD_LAYOUT;
	if (page->n_words > 0)
		item->odd |= PAGE_ODD_WORDS;
}

void
page_whole(struct page *page, const struct page_plan *plan, struct span data,
    struct page_item *item, struct err *err)
{
	size_t mark;

	if (data.len == 0)
		data.data = "";
	mark = plan->resource->shape.form == SOURCE_TEXT ? 0 :
	    mark_at(data.data, data.data + data.len);

	*item = (struct page_item){ .kind = PAGE_DAMAGED, .bytes = data,
	    .used = data.len, .odd = mark > 0 ? PAGE_ODD_BOM : 0 };
	if (page_read_record(page, plan, data.data + mark, data.len - mark,
	    err) == -1)
		return;
	item->kind = PAGE_RECORD;
	item->bytes = page->records[0];
	if (page->n_words > 0)
		item->odd |= PAGE_ODD_WORDS;
}

void
page_split(struct page *page, const struct page_plan *plan, struct span data,
    bool at_end, struct page_item *item, struct err *err)
{
	const char *from = data.data, *stop = data.data + data.len;
	const char *to = line_end(from, stop), *close;
	bool is_open = false, more = false;
	uint64_t lines = 1;

	*item = (struct page_item){ .kind = PAGE_MORE };
	if (to == NULL && !at_end)
		return;
	item->lines = 1;
	if (to == NULL) {
		to = stop;
		item->odd |= PAGE_ODD_END;
	}
	item->used = (size_t)(to - from) + (to < stop);
	item->bytes = (struct span){ from, (size_t)(to - from) };
	if (is_blank(from + mark_at(from, to), to)) {
		item->kind = to == from && to == stop ? PAGE_OVER : PAGE_EMPTY;
		return;
	}
	if (is_record(page, plan, from, to, &is_open, err)) {
		take(item, page, from, to, 1);
		return;
	}
	item->kind = PAGE_DAMAGED;
	from += mark_at(from, to);
	if (!is_open || to == stop || (*from != '{' && *from != '['))
		return;
	close = find_close(to, stop, at_end, &more, &lines);
	if (more) {
		item->kind = PAGE_MORE;
		return;
	}
	if (close == NULL || !is_record(page, plan, data.data, close, &is_open,
	    NULL))
		return;
	item->used = (size_t)(close - data.data) + (close < stop);
	item->odd &= ~(unsigned)PAGE_ODD_END;
	if (close == stop)
		item->odd |= PAGE_ODD_END;
	take(item, page, data.data, close, lines);
}
