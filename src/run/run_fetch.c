/*
 * A window from its request to its turn.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "run/run_internal.h"

/* A piece of a page was tried before, with the page. */
#define PIECE_ATTEMPTS 3

/* So many keys refused in a row, and it is the key and not the rights. */
#define REFUSED_MOST 50

void
run_free_task(struct run *run, struct run_task *task)
{
	DL_DELETE(run->tasks, task);
	http_drop(run->http, task->reply);
	page_release(&task->page);
	free(task->gap.url);
	free(task->gap.why);
	free(task->key);
	free(task);
}

static struct run_task *
new_task(struct run *run, const struct crawl_job *job)
{
	struct run_task *task = mem_zero(1, sizeof(*task));

	task->job = *job;
	task->gap = run_no_gap(job->listing->key);
	if (job->count > 0) {
		task->key = mem_format("%s page %" PRIu64,
		    job->listing->key, job->first / job->count + 1);
		task->gap.first = (int64_t)job->first;
		task->gap.count = job->count;
	} else {
		task->key = mem_text(job->listing->key);
	}
	page_init(&task->page);
	DL_APPEND(run->tasks, task);
	return task;
}

/* It can't be had: keep why. */
static void
fail(struct run_task *task, const char *why)
{
	task->failed = true;
	task->gap.why = mem_text(why);
	if (task->reply != NULL) {
		task->gap.url = mem_text(task->reply->request.url);
		if (task->reply->status > 0)
			task->gap.status = task->reply->status;
	}
}

/* Hold the window back until those before it are committed. */
static void
hold(struct run *run, struct run_task *task)
{
	task->held = true;
	if (task->reply != NULL)
		run->held_bytes += task->reply->body.len;
}

/* Take the held window of ${listing} whose turn it is, or NULL. */
static struct run_task *
take_held(struct run *run, const struct crawl_listing *listing)
{
	struct run_task *task;

	DL_FOREACH(run->tasks, task)
		if (task->held && task->job.listing == listing &&
		    crawl_is_turn(&task->job))
			break;
	if (task == NULL)
		return NULL;
	task->held = false;
	if (task->reply != NULL)
		run->held_bytes -= task->reply->body.len;
	return task;
}

/* The window is settled: commit it, and those that waited for it. */
static int
settle(struct run *run, struct run_task *task, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	int goes_on = 1;

	if (!crawl_is_turn(&task->job)) {
		hold(run, task);
		return 0;
	}
	while (task != NULL && goes_on == 1) {
		goes_on = run_commit(run, task, err);
		if (goes_on == 1)
			task = take_held(run, listing);
	}
	return goes_on == -1 ? -1 : 0;
}

int
run_fetch(struct run *run, const struct crawl_job *job, struct err *err)
{
	const struct source_resource *resource = job->listing->resource;
	struct crawl_view view = { .crawl = run->crawl,
	    .node = job->listing->parent, .job = job };
	struct source_scope scope = crawl_scope(&view);
	struct run_task *task = new_task(run, job);
	struct http_request request = { .what = task->key, .tag = task,
	    .first_byte_s = resource->first_byte_s,
	    .may_be_smaller = job->count > 1,
	    .attempts = job->count < job->listing->size ? PIECE_ATTEMPTS : 0,
	    .is_text = resource->shape.form == SOURCE_TEXT,
	    .rules = run->rules[resource->index],
	    .n_rules = resource->n_statuses };
	const char *missing;
	struct text url;
	char why[200];

	text_init(&url, 1 << 20);
	if (source_url(resource, run->settings.server, &scope, &url,
	    &missing) == -1) {
		text_release(&url);
		snprintf(why, sizeof(why), "it can't be asked for: the "
		    "record above has no {%s}", missing);
		fail(task, why);
		return settle(run, task, err);
	}
	request.url = text_take(&url);
	http_send(run->http, &request);
	return 0;
}

/* Does the page fit what was asked for? */
static int
check_page(const struct crawl_job *job, const struct page *page,
    struct err *err)
{
	uint64_t number, size;

	if (job->count == 0)
		return 0;
	number = job->first / job->count + 1;
	if (page->number >= 0 && (uint64_t)page->number != number)
		return err_set(err, ERR_DATA, "the reply says that it is "
		    "page %" PRId64 "; page %" PRIu64 " was asked for",
		    page->number, number);
	if (page->total < 0)
		return err_set(err, ERR_DATA, "the reply does not say how "
		    "many records there are");
	size = page->size >= 0 ? (uint64_t)page->size : job->count;
	if (size == 0 || size > UINT32_MAX)
		return err_set(err, ERR_DATA, "the reply says that its size "
		    "is %" PRIu64, size);
	if (page->n > size)
		return err_set(err, ERR_DATA, "the reply has %zu records, "
		    "and says that there are at most %" PRIu64, page->n,
		    size);
	if (job->listing->first_came && size != job->count)
		return err_set(err, ERR_DATA, "the reply is cut into pages "
		    "of %" PRIu64 "; so far they were of %u", size,
		    job->count);
	return 0;
}

/* A text may come as a JSON string: then it is what the string says. */
static int
unwrap_text(struct run_task *task, struct err *err)
{
	struct http_reply *reply = task->reply;
	struct span body = { reply->body.at, reply->body.len };
	struct text text;

	if (reply->is_html)
		return err_set(err, ERR_DATA, "the body is HTML");
	if (!reply->is_json || body.len == 0 || body.at[0] != '"')
		return 0;
	if (page_check(body.at, body.len, err) == -1)
		return -1;
	while (body.len > 0 && body.at[body.len - 1] != '"')
		body.len--;
	text_init(&text, reply->body.max);
	page_value_text(body, &text);
	text_release(&reply->body);
	reply->body = text;
	return 0;
}

static int
read_page(struct run_task *task, struct err *err)
{
	const struct source_shape *shape =
	    &task->job.listing->resource->shape;
	struct text *body = &task->reply->body;

	if (shape->form == SOURCE_TEXT && unwrap_text(task, err) == -1)
		return -1;
	if (page_read(&task->page, shape, body->at != NULL ? body->at : "",
	    body->len, err) == -1)
		return -1;
	return check_page(&task->job, &task->page, err);
}

static int
stop(struct run *run, enum err_kind kind, const char *format,
    const struct http_reply *reply, const char *rest)
{
	if (run->stop.kind == ERR_NONE)
		err_set(&run->stop, kind, format, reply->why, rest);
	return 0;
}

/* A 401 or 403 came: is it the key, or the rights to this one? */
static void
weigh_refusal(struct run *run, const struct run_task *task)
{
	const struct http_reply *reply = task->reply;
	const char *variable = run->settings.source->auth_variable;
	bool at_root = task->job.listing->parent->resource == NULL;

	if (reply->status != 401 && reply->status != 403) {
		run->refused = 0;
		return;
	}
	run->refused++;
	if ((at_root && !run->any_success) || run->refused >= REFUSED_MOST)
		stop(run, ERR_AUTH, "the server refuses the key (%s); check "
		    "%s", reply, variable != NULL ? variable : "the server");
}

/*
 * May it be had in smaller pieces?  Where the server fails or gives what
 * can't be used, one record may be the reason, or that it is too much; a
 * refusal is meant for the whole.
 */
static bool
try_smaller(struct run *run, struct run_task *task)
{
	const struct http_reply *reply = task->reply;
	int status = reply->status;

	/* Something that is whole, and not what was asked for. */
	if (status >= 200 && status < 300 && reply->outcome !=
	    HTTP_TOO_LARGE && (reply->is_html || reply->body.len == 0 ||
	    page_check(reply->body.at, reply->body.len, NULL) == 0))
		return false;
	if (run->tree == NULL || run->interrupted ||
	    run->stop.kind != ERR_NONE || status == 429 || (status >= 300 &&
	    status < 500 && status != 408 && status != 413 && status != 422))
		return false;
	if (!crawl_split(&task->job, reply->is_slow ||
	    status == 413 || status == 422))
		return false;
	log_event(run->settings.log, LOG_WARN, "run", "it can't be had; "
	    "trying it in smaller pieces", "resource", task->key, "why",
	    reply->why, NULL);
	run_free_task(run, task);
	return true;
}

/* The server has said no, or nothing of use. */
static int
take_refusal(struct run *run, struct run_task *task, struct err *err)
{
	const struct source_resource *resource =
	    task->job.listing->resource;
	struct http_reply *reply = task->reply;

	weigh_refusal(run, task);
	switch (source_verdict(resource, reply->status)) {
	case SOURCE_NOTHING:
		task->nothing = true;
		return settle(run, task, err);
	case SOURCE_STOP:
		stop(run, ERR_NET, "%s%s", reply, "");
		break;
	case SOURCE_DEFAULT:
	case SOURCE_RETRY:
	case SOURCE_GAP:
		break;
	}
	if (resource->required != NULL && run->stop.kind == ERR_NONE)
		stop(run, reply->status == 404 ? ERR_USAGE : ERR_NET,
		    "%s: %s", reply, resource->required);
	if (run->stop.kind != ERR_NONE) {
		run_free_task(run, task);
		return 0;
	}
	if (source_verdict(resource, reply->status) == SOURCE_DEFAULT &&
	    try_smaller(run, task))
		return 0;
	fail(task, reply->why);
	return settle(run, task, err);
}

int
run_reply(struct run *run, struct http_reply *reply, struct err *err)
{
	struct run_task *task = reply->request.tag;
	struct err why;

	task->reply = reply;
	if (reply->outcome != HTTP_GOOD)
		return take_refusal(run, task, err);
	if (read_page(task, &why) == -1) {
		task->reply = NULL;
		if (http_again(run->http, reply, why.text))
			return 0;
		task->reply = reply;
		return take_refusal(run, task, err);
	}
	run->any_success = true;
	run->refused = 0;
	run->windows++;
	crawl_came(&task->job);
	return settle(run, task, err);
}
