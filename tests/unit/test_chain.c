#include "unit.h"

#include "crawl/crawl.h"

/* Lists that go on in every way, and what a request for them sends. */
static const char definition[] =
    "name: x\nabout: x\nserver: {url: \"http://h\"}\n"
    "options:\n"
    "  first: {kind: number, help: x}\n"
    "  count: {kind: number, help: x}\n"
    "  from: {kind: date, help: x}\n"
    "  on: {kind: text, help: x}\n"
    "  tags: {kind: list, help: x}\n"
    "  which: {kind: choice, choices: [offset, cursor, span, newest], "
    "help: x}\n"
    "resources:\n"
    "- name: offset\n  when: {option.which: offset}\n  method: POST\n"
    "  list: /offset\n"
    "  body:\n"
    "    name: \"a {option.on}\"\n"
    "    gone: \"{option.from}\"\n"
    "    inner: {limit: {number: \"{page.size}\"},"
    " at: {number: \"{page.first}\"}}\n"
    "    empty: {x: \"{option.from}\"}\n"
    "    when: {time: \"{option.from|run.started}\"}\n"
    "    is: {boolean: \"true\"}\n"
    "    only: {text: \"x\", when: {option.on: \"1\"}}\n"
    "    tags: {names: \"{option.tags}\"}\n"
    "    list: [\"a\", {number: \"1.5e3\"}, \"{option.from}\"]\n"
    "    number: {object: {number: \"7\"}}\n"
    "  paging: {style: offset, size: 10, records: r, total: t, more: m,"
    " slice: {first: \"{option.first}\", count: \"{option.count}\"}}\n"
    "  shards: a\n"
    "- name: cursor\n  when: {option.which: cursor}\n  list: /cursor\n"
    "  query: {after: \"{page.cursor}\"}\n"
    "  paging: {style: cursor, cursor: c, size: 10, records: r}\n"
    "  shards: b\n"
    "- name: span\n  when: {option.which: span}\n  list: /span\n"
    "  query: {a: \"{page.start|option.from}\", b: \"{page.end}\"}\n"
    "  paging: {style: windows, cap: \"5\", from: \"{option.from}\","
    " to: \"{run.started}\", earliest: \"2025-01-01\", records: r}\n"
    "  shards: c\n"
    "- name: newest\n  when: {option.which: newest}\n  list: /span\n"
    "  query: {a: \"{page.start}\", b: \"{page.end}\"}\n"
    "  paging: {style: windows, cap: \"5\", order: newest,"
    " to: \"{run.started}\", earliest: \"2025-01-01\", records: r}\n"
    "  shards: c\n";

static struct source *source;
static const char *options[6];	/* first, count, from, on, tags, which */

static const char *
option(void *cookie, const char *name)
{
	static const char *const names[] = { "first", "count", "from", "on",
	    "tags", "which" };
	size_t i;

	(void)cookie;
	for (i = 0; i < LENGTH(names); i++)
		if (strcmp(names[i], name) == 0)
			return options[i];
	return NULL;
}

/* Begin the one list; ${job} has it. */
static struct crawl *
begin(const char *which, const struct crawl_known *known,
    enum crawl_state *state)
{
	struct crawl_settings settings = { .option = option,
	    .started = "2025-01-01T01:00:00.500Z", .ahead = 4, .passes = 4 };
	struct crawl_job job;
	struct crawl *crawl;
	struct err err;

	if (source == NULL)
		source = source_parse("x", (struct span){ definition,
		    strlen(definition) }, &err);
	if (source == NULL)
		fail_msg("%s", err.text);
	options[5] = which;
	settings.source = source;
	crawl = crawl_new(&settings);
	assert_int_equal(crawl_next(crawl, false, &job), CRAWL_OPEN);
	*state = crawl_begin(crawl, job.listing, known);
	return crawl;
}

/* The job that is next, as "first+count"; "" if there is none. */
static const char *
next(struct crawl *crawl, struct crawl_job *job)
{
	static char text[60];

	if (crawl_next(crawl, false, job) != CRAWL_FETCH)
		return "";
	snprintf(text, sizeof(text), "%d+%u%s%s", (int)job->first, job->count,
	    job->cursor != NULL ? " " : "",
	    job->cursor != NULL ? job->cursor : "");
	return text;
}

/* A page of ${n} records came, ${old} of which had come before. */
static enum crawl_state
came(struct crawl *crawl, const struct crawl_job *job, uint64_t n,
    uint64_t old, int64_t total, int more, const char *cursor)
{
	struct crawl_result result = { .received = n, .distinct = n - old,
	    .fresh = n - old, .news = n - old, .total = total, .size = -1,
	    .more = more, .cursor = cursor };

	assert_true(crawl_is_next(job));
	return crawl_finish(crawl, job, &result);
}

/* What a page says, and what is asked for then. */
struct step {
	const char *ask;
	int n, old, total, more;
	enum crawl_state state;
};

static void
walk(const struct step *steps, size_t n)
{
	enum crawl_state state;
	struct crawl *crawl = begin("offset", NULL, &state);
	struct crawl_job job;
	size_t i;

	for (i = 0; i < n; i++) {
		assert_string_equal(next(crawl, &job), steps[i].ask);
		/* The next one is not known before this one came. */
		assert_string_equal(next(crawl, &(struct crawl_job){ 0 }), "");
		state = came(crawl, &job, (uint64_t)steps[i].n,
		    (uint64_t)steps[i].old, steps[i].total, steps[i].more,
		    NULL);
		if (state != steps[i].state)
			fail_msg("step %zu: state %d", i, state);
	}
	crawl_free(crawl);
}

static void
test_offsets_move_by_what_came(void **state)
{
	static const struct step by_total[] = {
		{ "0+10", 10, 0, 17, -1, CRAWL_CONTINUES },
		{ "10+10", 7, 0, 17, -1, CRAWL_COMPLETE } };
	static const struct step clamped[] = {
		{ "0+10", 4, 0, 9, -1, CRAWL_CONTINUES },
		{ "4+10", 4, 0, 9, -1, CRAWL_CONTINUES },
		{ "8+10", 1, 0, 9, -1, CRAWL_COMPLETE } };
	static const struct step by_more[] = {
		{ "0+10", 10, 0, -1, 1, CRAWL_CONTINUES },
		{ "9+10", 5, 1, -1, 0, CRAWL_COMPLETE } };
	/* "No more" behind a full page, and nothing else that says so. */
	static const struct step by_more_alone[] = {
		{ "0+10", 10, 0, -1, 0, CRAWL_CONTINUES },
		{ "9+10", 1, 1, -1, 0, CRAWL_COMPLETE } };
	/* "No more", and the total says otherwise. */
	static const struct step at_odds[] = {
		{ "0+10", 10, 0, 12, 0, CRAWL_CONTINUES },
		{ "10+10", 0, 0, 12, 0, CRAWL_REREADS } };
	/* Nothing is told: a short page is no end. */
	static const struct step silent[] = {
		{ "0+10", 4, 0, -1, -1, CRAWL_CONTINUES },
		{ "3+10", 5, 1, -1, -1, CRAWL_CONTINUES },
		{ "7+10", 1, 1, -1, -1, CRAWL_CONTINUES },
		{ "8+10", 0, 0, -1, -1, CRAWL_COMPLETE } };
	/* The next one did not fit beside the one that came before. */
	static const struct step alone[] = {
		{ "0+10", 4, 0, -1, -1, CRAWL_CONTINUES },
		{ "3+10", 1, 1, -1, -1, CRAWL_CONTINUES },
		{ "4+10", 1, 0, -1, -1, CRAWL_CONTINUES },
		{ "4+10", 3, 1, -1, -1, CRAWL_CONTINUES },
		{ "6+10", 1, 1, -1, -1, CRAWL_CONTINUES },
		{ "7+10", 0, 0, -1, -1, CRAWL_COMPLETE } };
	/* A record went: the last one is not where it was. */
	static const struct step went[] = {
		{ "0+10", 10, 0, -1, -1, CRAWL_CONTINUES },
		{ "9+10", 5, 0, -1, -1, CRAWL_CONTINUES },
		{ "13+10", 1, 1, -1, -1, CRAWL_CONTINUES },
		{ "14+10", 0, 0, -1, -1, CRAWL_REREADS } };
	/* Two came in front. */
	static const struct step arrived[] = {
		{ "0+10", 10, 0, 15, 1, CRAWL_CONTINUES },
		{ "10+10", 7, 2, 17, 0, CRAWL_REREADS },
		{ "0+10", 10, 0, 17, 1, CRAWL_CONTINUES } };
	static const struct step none[] = {
		{ "0+10", 0, 0, -1, -1, CRAWL_COMPLETE } };

	(void)state;
	walk(by_total, LENGTH(by_total));
	walk(clamped, LENGTH(clamped));
	walk(by_more, LENGTH(by_more));
	walk(by_more_alone, LENGTH(by_more_alone));
	walk(at_odds, LENGTH(at_odds));
	walk(silent, LENGTH(silent));
	walk(alone, LENGTH(alone));
	walk(went, LENGTH(went));
	walk(arrived, LENGTH(arrived));
	walk(none, LENGTH(none));
}

static void
test_a_slice_is_all_that_is_asked_for(void **state)
{
	static const struct step whole[] = {
		{ "5+8", 8, 0, 100, 1, CRAWL_COMPLETE } };
	static const struct step clamped[] = {
		{ "5+8", 3, 0, 100, 1, CRAWL_CONTINUES },
		{ "8+5", 5, 0, 100, 1, CRAWL_COMPLETE } };
	static const struct step shorter[] = {
		{ "5+8", 2, 0, 7, 0, CRAWL_COMPLETE } };
	static const struct step beyond[] = {
		{ "5+8", 0, 0, 3, 0, CRAWL_COMPLETE } };

	(void)state;
	options[0] = "5";
	options[1] = "8";
	walk(whole, LENGTH(whole));
	walk(clamped, LENGTH(clamped));
	walk(shorter, LENGTH(shorter));
	walk(beyond, LENGTH(beyond));
	options[0] = options[1] = NULL;
}

static void
test_a_page_that_fails(void **state)
{
	enum crawl_state stands;
	struct crawl *crawl = begin("offset", NULL, &stands);
	struct crawl_job job;

	(void)state;
	/* The total is known: go on behind it. */
	next(crawl, &job);
	came(crawl, &job, 10, 0, 25, 1, NULL);
	next(crawl, &job);
	assert_false(crawl_is_endless(&job));
	assert_int_equal(crawl_fail(crawl, &job), CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "20+10");
	assert_int_equal(came(crawl, &job, 5, 0, 25, 0, NULL), CRAWL_GAPS);
	crawl_free(crawl);
	/* It isn't: who knows whether there is anything. */
	crawl = begin("offset", NULL, &stands);
	next(crawl, &job);
	came(crawl, &job, 10, 0, -1, 1, NULL);
	next(crawl, &job);
	assert_true(crawl_is_endless(&job));
	assert_int_equal(crawl_fail(crawl, &job), CRAWL_GAPS);
	crawl_free(crawl);
	/* In pieces; the last one ends the list. */
	crawl = begin("offset", NULL, &stands);
	next(crawl, &job);
	came(crawl, &job, 10, 0, -1, 1, NULL);
	next(crawl, &job);
	assert_true(crawl_bisect(&job, false));
	assert_string_equal(next(crawl, &job), "10+1");
	assert_true(job.is_subrange);
	assert_int_equal(came(crawl, &job, 1, 0, -1, 1, NULL),
	    CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "11+1");
	assert_int_equal(came(crawl, &job, 0, 0, -1, 0, NULL), CRAWL_REREADS);
	crawl_free(crawl);
}

static void
test_what_is_known_of_a_chain(void **state)
{
	struct crawl_range there[] = { { 0, 10 }, { 20, 10 } };
	struct crawl_known known = { .total = 40, .size = 10, .pass = 1,
	    .distinct = 20, .have = 20, .ranges = there, .n_ranges = 2 };
	enum crawl_state stands;
	struct crawl *crawl = begin("offset", &known, &stands);
	struct crawl_job job;

	(void)state;
	/* The hole, and then the end. */
	assert_string_equal(next(crawl, &job), "10+10");
	came(crawl, &job, 10, 0, 40, 1, NULL);
	assert_string_equal(next(crawl, &job), "30+10");
	assert_int_equal(came(crawl, &job, 10, 0, 40, 0, NULL), CRAWL_COMPLETE);
	crawl_free(crawl);
	/* All of it. */
	known = (struct crawl_known){ .total = 10, .size = 10, .pass = 1,
	    .is_full = true,
	    .distinct = 10, .have = 10, .ranges = there, .n_ranges = 1 };
	crawl = begin("offset", &known, &stands);
	assert_int_equal(stands, CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "10+10");
	assert_true(job.is_probe);
	assert_int_equal(came(crawl, &job, 0, 0, 10, -1, NULL), CRAWL_COMPLETE);
	crawl_free(crawl);
	/* Up to a mark; and that mark is no longer good. */
	known.total = -1;
	known.cursor = "m";
	crawl = begin("cursor", &known, &stands);
	assert_string_equal(next(crawl, &job), "10+10 m");
	assert_true(crawl_is_stale(&job));
	assert_string_equal(next(crawl, &job), "0+10");
	assert_false(crawl_is_stale(&job));
	crawl_free(crawl);
	/* Up to the end: there was no further mark. */
	known.cursor = NULL;
	crawl = begin("cursor", &known, &stands);
	assert_int_equal(stands, CRAWL_COMPLETE);
	crawl_free(crawl);
}

static void
test_marks(void **state)
{
	enum crawl_state stands;
	struct crawl *crawl = begin("cursor", NULL, &stands);
	struct crawl_job job;

	(void)state;
	assert_string_equal(next(crawl, &job), "0+10");
	assert_int_equal(came(crawl, &job, 3, 0, -1, -1, "a"),
	    CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "3+10 a");
	/* A page may be empty, and the list go on. */
	assert_int_equal(came(crawl, &job, 0, 0, -1, -1, "b"),
	    CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "3+10 b");
	assert_false(crawl_bisect(&job, true));
	assert_int_equal(came(crawl, &job, 2, 0, -1, -1, NULL),
	    CRAWL_COMPLETE);
	crawl_free(crawl);
}

/* A page that is asked for again in the same words may be the next one. */
static void
test_a_scroll_that_is_asked_again(void **state)
{
	struct crawl_result page = { .received = 5, .distinct = 5,
	    .fresh = 5, .news = 5, .total = -1, .size = -1, .more = -1,
	    .cursor = "s", .print = 7, .known_print = 7 };
	enum crawl_state stands = CRAWL_REREADS;
	struct crawl *crawl = begin("cursor", NULL, &stands);
	struct crawl_job job;
	int n;

	(void)state;
	for (n = 0; stands != CRAWL_SKIPPED && n < 20; n++) {
		next(crawl, &job);
		page.received = page.distinct = page.news = 5;
		page.fresh = n == 0 ? 5 : 0;
		page.retried = false;
		crawl_finish(crawl, &job, &page);
		next(crawl, &job);
		page.retried = true;
		crawl_finish(crawl, &job, &page);
		next(crawl, &job);
		page.received = page.distinct = page.news = page.fresh = 0;
		stands = crawl_finish(crawl, &job, &page);
		assert_true(stands == CRAWL_REREADS || stands == CRAWL_SKIPPED);
	}
	assert_int_equal(stands, CRAWL_SKIPPED);
	crawl_free(crawl);
}

static void
test_lists_that_never_end(void **state)
{
	enum crawl_state stands;
	struct crawl *crawl = begin("cursor", NULL, &stands);
	struct crawl_job job;
	char cursor[20];
	int i;

	(void)state;
	/* One cursor for all pages: an empty one is the last. */
	next(crawl, &job);
	assert_int_equal(came(crawl, &job, 10, 0, -1, -1, "s"),
	    CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "10+10 s");
	assert_int_equal(came(crawl, &job, 10, 0, -1, -1, "s"),
	    CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "20+10 s");
	assert_int_equal(came(crawl, &job, 0, 0, -1, -1, "s"), CRAWL_COMPLETE);
	crawl_free(crawl);
	/* More is said to come, and not where. */
	crawl = begin("cursor", NULL, &stands);
	next(crawl, &job);
	assert_int_equal(came(crawl, &job, 10, 0, -1, 1, NULL),
	    CRAWL_TRUNCATED);
	assert_true(job.listing->gapped);
	crawl_free(crawl);
	/* There is always a next page, and nothing in it. */
	for (i = 0; i < 2; i++) {
		int64_t total = i == 0 ? -1 : 10;
		int n = 0;

		crawl = begin("cursor", NULL, &stands);
		next(crawl, &job);
		stands = came(crawl, &job, 10, 0, total, -1, "0");
		while (stands == CRAWL_CONTINUES && n < 100) {
			next(crawl, &job);
			snprintf(cursor, sizeof(cursor), "%d", ++n);
			stands = came(crawl, &job, total < 0 ? 0 : 1,
			    total < 0 ? 0 : 1, total, -1, cursor);
		}
		assert_int_equal(n, 20);
		/* With a total, all that it counts is there: once more, for
		 * the same records came again and again. */
		assert_int_equal(stands, i == 0 ? CRAWL_ENDLESS :
		    CRAWL_REREADS);
		crawl_free(crawl);
	}
}

static void
test_spans_of_time(void **state)
{
	enum crawl_state stands;
	struct crawl *crawl = begin("span", NULL, &stands);
	struct crawl_job job, other;
	struct crawl_resolver resolver;
	struct source_lookup lookup;
	const char *missing;
	struct text url;
	char when[32];

	(void)state;
	/* An hour and half a second, in whole seconds. */
	assert_string_equal(next(crawl, &job), "0+3601");
	assert_int_equal(crawl_reply_cap(crawl, &job), 5);
	crawl_time(&job, true, when);
	assert_string_equal(when, "2025-01-01T01:00:00.500Z");
	/* At a time that is inside, and at one that isn't. */
	assert_true(crawl_bisect_time(&job, INT64_C(1735690200000)));
	assert_string_equal(next(crawl, &job), "0+600");
	assert_string_equal(next(crawl, &other), "600+3001");
	resolver = (struct crawl_resolver){ .crawl = crawl, .job = &other };
	lookup = crawl_lookup(&resolver);
	text_init(&url, 1000);
	assert_int_equal(source_url(job.listing->resource, "http://h",
	    &lookup, &url, &missing), 0);
	assert_string_equal(url.data, "http://h/span?a=2025-01-01T00:09:59Z&"
	    "b=2025-01-01T01:00:00.500Z");
	text_clear(&url);
	resolver.job = &job;
	source_url(job.listing->resource, "http://h", &lookup, &url,
	    &missing);
	assert_string_equal(url.data, "http://h/span?b=2025-01-01T00:10:00Z");
	text_release(&url);
	assert_false(crawl_is_next(&other));
	assert_int_equal(came(crawl, &job, 4, 0, -1, -1, NULL),
	    CRAWL_CONTINUES);
	assert_true(crawl_is_next(&other));
	assert_true(crawl_bisect_time(&other, INT64_MIN));
	assert_string_equal(next(crawl, &job), "600+1500");
	/* What comes twice is expected: the spans overlap. */
	assert_int_equal(came(crawl, &job, 4, 1, -1, -1, NULL),
	    CRAWL_CONTINUES);
	assert_string_equal(next(crawl, &job), "2100+1501");
	assert_int_equal(came(crawl, &job, 1, 1, -1, -1, NULL), CRAWL_COMPLETE);
	crawl_free(crawl);
}

/* The same, from the end. */
static void
test_spans_of_time_newest_first(void **state)
{
	enum crawl_state stands;
	struct crawl *crawl = begin("newest", NULL, &stands);
	struct crawl_job job;
	char when[32];

	(void)state;
	assert_string_equal(next(crawl, &job), "0+3601");
	crawl_time(&job, false, when);
	assert_string_equal(when, "2025-01-01T00:00:00Z");
	/* Ten minutes from the beginning: that part comes last. */
	assert_true(crawl_bisect_time(&job, INT64_C(1735690200000)));
	assert_string_equal(next(crawl, &job), "0+3000");
	crawl_time(&job, false, when);
	assert_string_equal(when, "2025-01-01T00:10:00.500Z");
	crawl_time(&job, true, when);
	assert_string_equal(when, "2025-01-01T01:00:00.500Z");
	came(crawl, &job, 4, 0, -1, -1, NULL);
	assert_string_equal(next(crawl, &job), "3000+601");
	crawl_time(&job, false, when);
	assert_string_equal(when, "2025-01-01T00:00:00Z");
	crawl_time(&job, true, when);
	assert_string_equal(when, "2025-01-01T00:10:00.500Z");
	assert_int_equal(came(crawl, &job, 4, 1, -1, -1, NULL), CRAWL_COMPLETE);
	crawl_free(crawl);
}

static void
test_a_second_can_not_be_split(void **state)
{
	enum crawl_state stands;
	struct crawl *crawl;
	struct crawl_job job;

	(void)state;
	options[2] = "2025-01-01T00:59:59.900Z";
	crawl = begin("span", NULL, &stands);
	assert_string_equal(next(crawl, &job), "0+1");
	assert_false(crawl_bisect_time(&job, INT64_MIN));
	assert_int_equal(crawl_fail(crawl, &job), CRAWL_GAPS);
	crawl_free(crawl);
	options[2] = NULL;
}

/* The body of the first request. */
static int
make_body(struct text *body, struct err *err)
{
	enum crawl_state stands;
	struct crawl *crawl = begin("offset", NULL, &stands);
	struct crawl_job job;
	struct crawl_resolver resolver = { .crawl = crawl, .job = &job };
	struct source_lookup lookup = crawl_lookup(&resolver);
	int rc;

	next(crawl, &job);
	text_init(body, 4096);
	rc = source_body(job.listing->resource, &lookup, body, err);
	crawl_free(crawl);
	return rc;
}

static void
test_bodies(void **state)
{
	struct text body;
	struct err err;

	(void)state;
	assert_int_equal(make_body(&body, &err), 0);
	assert_string_equal(body.data, "{\"name\":\"a \",\"inner\":{\"limit\":"
	    "10,\"at\":0},\"empty\":{},\"when\":\"2025-01-01T01:00:00.500Z\","
	    "\"is\":true,\"list\":[\"a\",1.5e3],\"number\":{\"number\":"
	    "\"7\"}}");
	text_release(&body);
	options[2] = "2025-03-04T06:07+02:00";
	options[3] = "1";
	options[4] = "a\"b,\n";
	assert_int_equal(make_body(&body, &err), 0);
	assert_string_equal(body.data, "{\"name\":\"a 1\",\"gone\":"
	    "\"2025-03-04T06:07+02:00\",\"inner\":{\"limit\":10,\"at\":0},"
	    "\"empty\":{\"x\":\"2025-03-04T06:07+02:00\"},\"when\":"
	    "\"2025-03-04T04:07:00Z\",\"is\":true,\"only\":\"x\",\"tags\":"
	    "[\"a\\\"b\",\"\\u000a\"],\"list\":[\"a\",1.5e3,"
	    "\"2025-03-04T06:07+02:00\"],\"number\":{\"number\":\"7\"}}");
	text_release(&body);
	options[2] = "never";
	assert_int_equal(make_body(&body, &err), -1);
	assert_contains(err.text, "\"when\" would be \"never\"; expected "
	    "a time");
	text_release(&body);
	options[2] = options[3] = options[4] = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets_move_by_what_came),
		cmocka_unit_test(test_a_slice_is_all_that_is_asked_for),
		cmocka_unit_test(test_a_page_that_fails),
		cmocka_unit_test(test_what_is_known_of_a_chain),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_a_scroll_that_is_asked_again),
		cmocka_unit_test(test_lists_that_never_end),
		cmocka_unit_test(test_spans_of_time),
		cmocka_unit_test(test_spans_of_time_newest_first),
		cmocka_unit_test(test_a_second_can_not_be_split),
		cmocka_unit_test(test_bodies),
	};
	int failed = cmocka_run_group_tests_name("chain", tests, NULL, NULL);

	source_free(source);
	return failed;
}
