/*
 * A page from its request until it is its turn.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "run/run_internal.h"

/* The page of a sub-range was retried already. */
#define SUBRANGE_ATTEMPTS 3

/* After this many refusals in a row, the key is bad, not its rights. */
#define MAX_REFUSED 50

/* The name of the page, for messages. */
static char *
page_name(const struct crawl_job *job)
{
	const char *key = job->listing->key;
	char begin[32], end[32];

	if (job->count == 0)
		return mem_text(key);
	switch (job->listing->resource->paging) {
	case SOURCE_OFFSET:
	case SOURCE_CURSOR:
		return mem_format("%s from record %" PRIu64, key,
		    job->first + job->overlap + 1);
	case SOURCE_INTERVALS:
		crawl_time(job, false, begin);
		crawl_time(job, true, end);
		return mem_format("%s from %s to %s", key, begin, end);
	case SOURCE_UNPAGED:
	case SOURCE_NUMBERED:
		break;
	}
	return mem_format("%s page %" PRIu64, key,
	    job->first / job->count + 1);
}

static struct run_task *
new_task(struct run *run, const struct crawl_job *job)
{
	struct run_task *task = mem_zero(1, sizeof(*task));

	task->job = *job;
	task->gap = run_no_gap(job->listing->key);
	task->key = page_name(job);
	if (job->count > 0) {
		task->gap.first = (int64_t)(job->first + job->overlap);
		task->gap.count = job->count - job->overlap;
		task->gap.by_time = job->listing->resource->paging ==
		    SOURCE_INTERVALS;
	}
	page_init(&task->page);
	DL_APPEND(run->tasks, task);
	return task;
}

/* The page can't be fetched: keep the reason. */
static void
fail(struct run *run, struct run_task *task, const char *why)
{
	task->failed = true;
	/* The position of an interval tells people nothing. */
	task->gap.why = task->gap.by_time ? mem_format("%s: %s", task->key +
	    strlen(task->job.listing->key) + 1, why) : mem_text(why);
	http_hide(run->http, task->gap.why);
	if (task->reply != NULL) {
		task->gap.request = mem_text(task->reply->id);
		task->gap.url = http_hidden(run->http,
		    task->reply->request.url);
		if (task->reply->status > 0)
			task->gap.status = task->reply->status;
	}
	if (run->first_why == NULL) {
		run->first_why = mem_text(task->gap.why);
		run->first_status = task->gap.status;
	}
}

/* Hold the page back until those before it are committed. */
static void
hold(struct run *run, struct run_task *task)
{
	task->held = true;
	if (task->reply != NULL)
		run->held_bytes += task->reply->body.len;
}

/* Take the held page of ${listing} whose turn it is, or NULL. */
static struct run_task *
take_held(struct run *run, const struct crawl_listing *listing)
{
	struct run_task *task;

	DL_FOREACH(run->tasks, task)
		if (task->held && task->job.listing == listing &&
		    crawl_is_next(&task->job))
			break;
	if (task == NULL)
		return NULL;
	task->held = false;
	if (task->reply != NULL)
		run->held_bytes -= task->reply->body.len;
	return task;
}

/* The page has arrived or failed: commit it, and those that waited for it. */
static int
commit_task(struct run *run, struct run_task *task, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	int rc = 1;

	if (!crawl_is_next(&task->job)) {
		hold(run, task);
		return 0;
	}
	while (task != NULL && rc == 1) {
		rc = run_commit(run, task, err);
		if (rc == 1)
			task = take_held(run, listing);
	}
	return rc == -1 ? -1 : 0;
}

/* The server has forgotten the cursor of an earlier run: begin again. */
static int
begin_again(struct run *run, struct run_task *task, struct err *err)
{
	struct run_listing *own = task->job.listing->user;

	log_say(run->settings.log, LOG_INFO, "run", "%s: the server no longer "
	    "accepts the cursor of the next page; reading the listing again "
	    "from its start", own->crawl->key);
	run_free_task(run, task);
	return run_notes_keys(run) ? run_again_begin(run, own, err) : 0;
}

/* Make the URL. Return NULL with ${err} set if it can't be made. */
static char *
make_url(struct run *run, const struct crawl_job *job,
    const struct source_lookup *lookup, struct err *err)
{
	const struct source_resource *resource = job->listing->resource;
	const char *server = run->settings.server, *missing;
	struct text url;

	if (resource->cursor_is_url && job->cursor != NULL)
		return http_follow(server, run->settings.hosts, server,
		    job->cursor, err);
	text_init(&url, 1 << 20);
	if (source_url(resource, server, lookup, &url, &missing) == -1) {
		text_release(&url);
		if (missing == NULL)
			err_set(err, ERR_DATA, "the URL of the request would "
			    "be too long");
		else
			err_set(err, ERR_DATA, "the request needs {%s}, which "
			    "the parent record lacks", missing);
		return NULL;
	}
	return text_take(&url);
}

/* Make the request body.  Return 0; or -1 with ${err} set. */
static int
make_body(const struct source_resource *resource,
    const struct source_lookup *lookup, struct http_request *request,
    struct err *err)
{
	struct text body;

	if (!resource->is_post)
		return 0;
	text_init(&body, 1 << 20);
	if (source_body(resource, lookup, &body, err) == -1) {
		text_release(&body);
		return -1;
	}
	request->body = text_take(&body);
	return 0;
}

int
run_fetch(struct run *run, const struct crawl_job *job, struct err *err)
{
	const struct source_resource *resource = job->listing->resource;
	bool chain = source_in_order(resource);
	struct crawl_resolver resolver = { .crawl = run->crawl,
	    .node = job->listing->parent, .job = job };
	struct source_lookup lookup = crawl_lookup(&resolver);
	struct run_task *task = new_task(run, job);
	struct http_request request = { .what = task->key, .tag = task,
	    .first_byte_s = resource->first_byte_s,
	    .may_be_smaller = job->count > 1 &&
	    resource->paging != SOURCE_CURSOR,
	    .attempts = chain ? (job->is_subrange ? SUBRANGE_ATTEMPTS : 0) :
	    job->count < job->listing->size ? SUBRANGE_ATTEMPTS : 0,
	    .is_text = resource->shape.form == SOURCE_TEXT,
	    .headers = { resource->cursor_header,
	    resource->total_header },
	    .rules = run->rules[resource->index],
	    .n_rules = resource->n_statuses };
	struct err why;

	request.url = make_url(run, job, &lookup, &why);
	if (request.url == NULL && crawl_is_stale(job))
		return begin_again(run, task, err);
	if (request.url == NULL || make_body(resource, &lookup, &request,
	    &why) == -1) {
		free(request.url);
		fail(run, task, why.text);
		return commit_task(run, task, err);
	}
	http_send(run->http, &request);
	return 0;
}

static int
stop(struct run *run, enum err_kind kind, const char *format,
    const struct http_reply *reply, const char *rest)
{
	char why[400];

	http_reason(reply, why);
	if (run->stop.kind == ERR_NONE)
		err_set(&run->stop, kind, format, why, rest);
	return 0;
}

/* A 401 or 403: is the key bad, or does it lack rights to this resource? */
static void
classify_refusal(struct run *run, const struct run_task *task)
{
	const struct http_reply *reply = task->reply;
	const char *variable = run->settings.source->auth_where;
	bool at_root = task->job.listing->parent->resource == NULL;

	if (reply->status != 401 && reply->status != 403) {
		run->refused = 0;
		return;
	}
	run->refused++;
	if ((at_root && !run->any_success) || run->refused >= MAX_REFUSED)
		stop(run, ERR_AUTH, reply->status == 403 ? "the server "
		    "refuses the key (%s); check %s, and that it may access "
		    "what the options select" : "the server refuses the key "
		    "(%s); check %s", reply, variable != NULL ? variable :
		    "the server");
}

/*
 * Try smaller requests?  If the server fails or sends something unusable, one
 * record may be the reason, or the page is too much for it.  A refusal is meant
 * for the whole request.
 */
static bool
try_smaller(struct run *run, struct run_task *task)
{
	const struct http_reply *reply = task->reply;
	int status = reply->status;

	/* A complete reply, but not the requested data. */
	if (status >= 200 && status < 300 && reply->outcome !=
	    HTTP_TOO_LARGE && (reply->is_html || reply->body.len == 0 ||
	    page_check(reply->body.data, reply->body.len, NULL) == 0))
		return false;
	if (!run_writes(run) || run->interrupted ||
	    run->stop.kind != ERR_NONE || status == 429 ||
	    (status == 503 && reply->has_retry_after) || (status >= 300 &&
	    status < 500 && status != 408 && status != 413 && status != 422))
		return false;
	if (!crawl_bisect(&task->job, reply->is_slow ||
	    status == 413 || status == 422))
		return false;
	log_say(run->settings.log, LOG_WARN, "run", "%s failed (%s); trying "
	    "smaller requests", task->key, reply->why);
	run_free_task(run, task);
	return true;
}

/*
 * Does the reply to a probe mean that the server has no such page?  A reply
 * that may differ a moment later says nothing about pages, and a server may
 * fail because there is more; unless the definition says that the status means
 * nothing is there.
 */
static bool
says_no_page(const struct run_task *task)
{
	const struct http_reply *reply = task->reply;

	if (source_classify(task->job.listing->resource, reply->status) ==
	    SOURCE_NOTHING)
		return true;
	switch (reply->status) {
	case 401:
	case 403:
	case 408:
	case 425:
	case 429:
		return false;
	default:
		return reply->status >= 400 && reply->status < 500;
	}
}

/* The page after the last one was refused. */
static int
take_refused_probe(struct run *run, struct run_task *task, struct err *err)
{
	const struct http_reply *reply = task->reply;
	struct text why;

	if (says_no_page(task)) {
		log_event(run->settings.log, LOG_INFO, "run", "the server "
		    "refuses the page after the last one, so the listing ends "
		    "there", "resource", task->key, "why", reply->why, NULL);
		task->failed = true;
		return commit_task(run, task, err);
	}
	text_init(&why, sizeof(reply->why) + 200);
	text_addf(&why, "%s, but the next page, which would prove that there "
	    "are no more records, failed: %s",
	    task->job.cursor != NULL ? "the cursor of the next page is 0" :
	    "the total is reached", reply->why);
	fail(run, task, why.data);
	text_release(&why);
	return commit_task(run, task, err);
}

/* The server refused, or sent nothing useful. */
static int
take_refusal(struct run *run, struct run_task *task, struct err *err)
{
	const struct source_resource *resource =
	    task->job.listing->resource;
	struct http_reply *reply = task->reply;

	if (task->job.is_probe)
		return take_refused_probe(run, task, err);
	if (reply->is_unreached)
		stop(run, ERR_NET, "the server can't be reached (%s); check "
		    "the network, the proxy (if any) and the address: %s",
		    reply, run->settings.server);
	classify_refusal(run, task);
	switch (source_classify(resource, reply->status)) {
	case SOURCE_NOTHING:
		task->nothing = true;
		return commit_task(run, task, err);
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
	if ((reply->status == 400 || reply->status == 404 ||
	    reply->status == 410 || reply->status == 422) &&
	    crawl_is_stale(&task->job))
		return begin_again(run, task, err);
	if (source_classify(resource, reply->status) == SOURCE_DEFAULT &&
	    try_smaller(run, task))
		return 0;
	fail(run, task, reply->why);
	return commit_task(run, task, err);
}

/* The reply is unusable, for the reason ${why}. */
static int
take_bad_reply(struct run *run, struct run_task *task, const struct err *why,
    struct err *err)
{
	struct http_reply *reply = task->reply;

	/* If the definition is wrong, another reply is no better. */
	if (why->kind == ERR_USAGE) {
		snprintf(reply->why, sizeof(reply->why), "%.*s",
		    (int)sizeof(reply->why) - 1, why->text);
		http_hide(run->http, reply->why);
		fail(run, task, reply->why);
		return commit_task(run, task, err);
	}
	task->reply = NULL;
	if (http_requeue(run->http, reply, why->text))
		return 0;
	task->reply = reply;
	return take_refusal(run, task, err);
}

/* The reply of a list by time is full: there may be more records. */
static int
take_cut(struct run *run, struct run_task *task, struct err *err)
{
	uint64_t n;

	if (run_page_is_same(task)) {
		fail(run, task, "the server sends the same full reply for "
		    "every time range: some records may be missing");
		return commit_task(run, task, err);
	}
	if (crawl_bisect_time(&task->job, run_page_middle(task))) {
		log_event(run->settings.log, LOG_INFO, "run", "the reply is "
		    "full; requesting the interval again in two parts",
		    "resource", task->key, NULL);
		run_free_task(run, task);
		return 0;
	}
	if (run_page_inside(task, &n) && crawl_narrow(&task->job, n)) {
		log_event(run->settings.log, LOG_INFO, "run", "the reply is "
		    "full; requesting this second alone", "resource",
		    task->key, NULL);
		run_free_task(run, task);
		return 0;
	}
	fail(run, task, "the reply is full, and the interval is too short to "
	    "be split further: some records may be missing");
	return commit_task(run, task, err);
}

int
run_reply(struct run *run, struct http_reply *reply, struct err *err)
{
	struct run_task *task = reply->request.tag;
	struct err why;
	uint64_t n;

	task->reply = reply;
	if (reply->outcome != HTTP_GOOD)
		return take_refusal(run, task, err);
	if (run_page_read(run, task, &why) == -1)
		return take_bad_reply(run, task, &why, err);
	http_accept(run->http, reply);
	run->any_success = true;
	run->refused = 0;
	run->pages++;
	crawl_page_received(&task->job);
	if (run_page_is_cut(run, task))
		return take_cut(run, task, err);
	/* The server may ignore fractions of seconds. */
	if (task->job.is_narrow && (!run_page_inside(task, &n) ||
	    n < task->job.min))
		fail(run, task, "the reply is full, and a request for this "
		    "second alone does not bring all its records: some "
		    "records may be missing");
	return commit_task(run, task, err);
}
