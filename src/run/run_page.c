/*
 * Checks a reply against its request: is it the right page, how many records
 * does the list have, where is the next page?
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/*
 * More than the bisections it takes to narrow all years to one second, if each
 * reply has the records of that second.
 */
#define MAX_SAME 64

/* Does a numbered page match the request? */
static int
check_number(const struct crawl_job *job, struct page *page,
    struct err *err)
{
	uint64_t number, size;

	number = job->first / job->count + 1;
	if (page->number >= 0 && (uint64_t)page->number != number)
		return err_set(err, ERR_DATA, "the reply says that it is page "
		    "%" PRId64 ", but page %" PRIu64 " was requested",
		    page->number, number);
	/* Without a readable total, a page without records is the end. */
	if (page->total < 0 && !page->has_total &&
	    job->listing->resource->shape.total != NULL)
		return err_set(err, ERR_DATA, "the reply does not say how "
		    "many records there are");
	/* A server with its own page size need not report it. */
	if (page->size < 0 && page->n > job->count &&
	    !job->listing->first_received && !job->is_subrange)
		page->size = (int64_t)page->n;
	if (page->size < 0 && page->n > job->count)
		return err_set(err, ERR_DATA, "the reply has %zu records, but "
		    "%u were requested", page->n, job->count);
	size = page->size >= 0 ? (uint64_t)page->size : job->count;
	if (size == 0 || size > UINT32_MAX)
		return err_set(err, ERR_DATA, "the reply has an invalid page "
		    "size: %" PRIu64, size);
	if (page->n > size)
		return err_set(err, ERR_DATA, "the reply has %zu records, but "
		    "its page size is %" PRIu64, page->n, size);
	if (job->listing->first_received && size != job->count)
		return err_set(err, ERR_DATA, "the reply has a page size of "
		    "%" PRIu64 ", but earlier replies had %u", size,
		    job->count);
	return 0;
}

/* A text may come as a JSON string: decode it. */
static int
unwrap_text(struct run_task *task, struct err *err)
{
	struct http_reply *reply = task->reply;
	struct span body = { reply->body.data, reply->body.len };
	struct text text;

	if (reply->is_html)
		return err_set(err, ERR_DATA, "the body is HTML");
	if (!reply->is_json || body.len == 0 || body.data[0] != '"')
		return 0;
	if (page_check(body.data, body.len, err) == -1)
		return -1;
	while (body.len > 0 && body.data[body.len - 1] != '"')
		body.len--;
	text_init(&text, reply->body.max);
	page_value_text(body, &text);
	text_release(&reply->body);
	reply->body = text;
	return 0;
}

/*
 * A count may be of all records or of those in the reply: if it is larger, it
 * is of all.
 */
static int
classify_count(struct page *page, struct err *err)
{
	if (page->total >= 0 || page->count < 0)
		return 0;
	if ((uint64_t)page->count < page->n)
		return err_set(err, ERR_DATA, "the reply has %zu records, but "
		    "counts %" PRId64, page->n, page->count);
	if ((uint64_t)page->count > page->n)
		page->total = page->count;
	return 0;
}

/*
 * Some servers use their own page size, whatever is requested: the next page
 * begins after it.  But a sub-range must match the request.
 */
static int
check_offset(const struct crawl_job *job, const struct page *page,
    struct err *err)
{
	if (page->n > job->count && (job->is_subrange || job->listing->end > 0))
		return err_set(err, ERR_DATA, "the reply has %zu records, but "
		    "%u were requested", page->n, job->count);
	if (page->n == 0 && page->more == 1)
		return err_set(err, ERR_DATA, "the reply has no further "
		    "records, but says that there are more");
	return 0;
}

static int
check_page(struct run *run, struct run_task *task, struct err *err)
{
	const struct crawl_job *job = &task->job;
	struct page *page = &task->page;

	if (job->count == 0)
		return 0;
	if (classify_count(page, err) == -1)
		return -1;
	switch (job->listing->resource->paging) {
	case SOURCE_UNPAGED:
	case SOURCE_INTERVALS:
		return 0;
	case SOURCE_NUMBERED:
		return check_number(job, page, err);
	case SOURCE_OFFSET:
		return check_offset(job, page, err);
	case SOURCE_CURSOR:
		return run_next_page(run, task, err);
	}
	return 0;
}

/* The message of an error, or the start of its JSON. */
static void
explain(struct span error, struct text *text)
{
	http_explain(error, text);
	if (text->len == 0)
		text_add_visible(text, error.data, error.len < 100 ?
		    error.len : 100);
}

/* The reply reports a failure, whatever its status. */
static int
set_failure(const struct page *page, const char *where, struct err *err)
{
	struct text text;

	text_init(&text, 200);
	explain(page->failure, &text);
	err_set(err, ERR_DATA, "the reply reports a failure: \"%s\" is %s",
	    where, text.data);
	text_release(&text);
	return -1;
}

/* Warn once about a value of the reply that can't be interpreted. */
static void
warn_unread(struct run *run, const struct run_task *task,
    const struct page_unread *unread)
{
	const char *name = task->job.listing->resource->name;
	char *key = mem_format("%s reads %s", name, unread->path);
	struct text text;

	text_init(&text, 200);
	text_add_visible(&text, unread->value.data, unread->value.len < 40 ?
	    unread->value.len : 40);
	http_hide(run->http, text.data);
	if (set_add(run->reported, key, strlen(key)))
		log_say(run->settings.log, LOG_WARN, "run", "%s: ignoring "
		    "\"%s\", which is %s: %s; only the rest of the reply "
		    "tells where the list ends", task->key,
		    unread->path, unread->is_number ? "not a count" :
		    "neither true nor false", text.data);
	text_release(&text);
	free(key);
}

/* Warn about oddities that are no reason to refuse the reply. */
static void
warn_oddities(struct run *run, const struct run_task *task)
{
	const struct page *page = &task->page;
	struct text text;
	unsigned i;

	for (i = 0; i < page->n_unread; i++)
		warn_unread(run, task, &page->unread[i]);
	if (page->n_words > 0)
		run_warn_once(run, task, "some records contain NaN or "
		    "Infinity, which JSON does not allow; they are kept as "
		    "received");
	if (page->errors.data == NULL)
		return;
	text_init(&text, 200);
	explain(page->errors, &text);
	run_warn_once(run, task, "the reply has \"%s\" besides its records "
	    "(%s), so some may be missing; if that is a failure, add "
	    "\"failure: %s\" to the definition", page->errors_name, text.data,
	    page->errors_name);
	text_release(&text);
}

/* Take the total from a header: "319", or "items 0-24/319". */
static void
take_total(struct run_task *task, const char *name)
{
	const char *value = task->reply->headers[1], *slash;
	struct page *page = &task->page;
	struct span text;

	if (value == NULL)
		return;
	slash = strrchr(value, '/');
	text.data = slash != NULL ? slash + 1 : value;
	text.len = strlen(text.data);
	if (strcmp(text.data, "*") == 0)
		return;
	page->total = page_count(text);
	page->has_total = true;
	if (page->total == -1 && page->n_unread < PAGE_MAX_UNREAD)
		page->unread[page->n_unread++] = (struct page_unread){ name,
		    true, text };
}

static int
read_page(struct run *run, struct run_task *task, struct err *err)
{
	const struct source_resource *resource = task->job.listing->resource;
	struct text *body = &task->reply->body;

	if (resource->shape.form == SOURCE_TEXT &&
	    unwrap_text(task, err) == -1)
		return -1;
	if (page_read(&task->page, run->plans[resource->index],
	    body->data != NULL ? body->data : "", body->len, err) == -1)
		return -1;
	if (task->page.failure.data != NULL)
		return set_failure(&task->page, resource->shape.failure,
		    err);
	/* An error in place of records is no empty page. */
	if (task->page.errors.data != NULL && task->page.n == 0 &&
	    resource->is_list) {
		task->page.failure = task->page.errors;
		return set_failure(&task->page, task->page.errors_name, err);
	}
	if (resource->total_header != NULL)
		take_total(task, resource->total_header);
	if (check_page(run, task, err) == -1)
		return -1;
	warn_oddities(run, task);
	return 0;
}

int
run_page_read(struct run *run, struct run_task *task, struct err *err)
{
	int rc = read_page(run, task, err);

	/* The error may quote the reply, and the reply the key. */
	if (rc == -1)
		http_hide(run->http, err->text);
	return rc;
}

bool
run_page_is_cut(struct run *run, const struct run_task *task)
{
	uint64_t cap = crawl_reply_cap(run->crawl, &task->job);

	/* An estimate needs only the number of records. */
	if (cap == 0 || !run_notes_keys(run))
		return false;
	return task->page.n >= cap;
}

/* A hash (FNV-1a) of how many records there are, the first and the last. */
static uint64_t
print_of(const struct page *page)
{
	uint64_t print = 14695981039346656037u ^ page->n;
	struct span record;
	size_t i, k;

	for (i = 0; i < page->n; i += page->n > 1 ? page->n - 1 : 1) {
		record = page->records[i];
		for (k = 0; k < record.len; k++)
			print = (print ^ (unsigned char)record.data[k]) *
			    1099511628211u;
	}
	return print;
}

bool
run_page_is_same(const struct run_task *task)
{
	struct run_listing *own = task->job.listing->user;
	uint64_t print = print_of(&task->page);

	own->n_same = own->same_print == print ? own->n_same + 1 : 1;
	own->same_print = print;
	return own->n_same >= MAX_SAME;
}

static int
by_time(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return one < other ? -1 : one > other;
}

int64_t
run_page_middle(const struct run_task *task)
{
	const char *path = task->job.listing->resource->intervals.time;
	const struct page *page = &task->page;
	int64_t *times = mem_alloc((page->n + 1) * sizeof(*times));
	int64_t middle = INT64_MIN;
	struct span value;
	struct text text;
	size_t i, n = 0;

	text_init(&text, 200);
	for (i = 0; path != NULL && i < page->n; i++) {
		text_clear(&text);
		if (!page_find(page->records[i], path, &value))
			continue;
		page_value_text(value, &text);
		n += text.data != NULL &&
		     clock_parse(text.data, &times[n]) == 0;
	}
	if (n > 0) {
		qsort(times, n, sizeof(*times), by_time);
		middle = times[n / 2];
	}
	text_release(&text);
	free(times);
	return middle;
}

bool
run_page_inside(const struct run_task *task, uint64_t *n)
{
	const char *path = task->job.listing->resource->intervals.time;
	struct page_record record;
	struct span value;
	struct text text;
	int64_t offset;
	bool is_reported = path != NULL;
	size_t i;

	*n = 0;
	text_init(&text, 200);
	for (i = 0; is_reported && i < task->page.n; i++) {
		record = page_record(&task->page, i);
		text_clear(&text);
		is_reported = page_is_named(&record) &&
		    page_find(record.bytes, path, &value);
		if (is_reported)
			page_value_text(value, &text);
		is_reported = is_reported && text.data != NULL &&
		    clock_parse(text.data, &offset) == 0;
		*n += is_reported && crawl_is_inside(&task->job, offset);
	}
	text_release(&text);
	return is_reported;
}
