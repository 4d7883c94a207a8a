#include "unit.h"

#include "http/http_internal.h"

#define when(text) http_when((text), clock_real())

static void
test_servers_addresses(void **state)
{
	static const struct {
		const char *url, *used, *error;
	} rows[] = {
		{ "https://api.humanloop.com/v5",
		    "https://api.humanloop.com/v5", NULL },
		{ "http://127.0.0.1:8080/v5/", "http://127.0.0.1:8080/v5",
		    NULL },
		{ "https://h///", "https://h", NULL },
		{ "http://[::1]:80/v5", "http://[::1]:80/v5", NULL },
		{ "api.humanloop.com/v5", NULL, "no scheme" },
		{ "ftp://h/", NULL, "must begin with https://" },
		{ "file:///etc/passwd", NULL, "begin with https://" },
		{ "https://me:secret@h/v5", NULL, "a user or password" },
		{ "http:/@h/x://", NULL, "has no scheme" },
		{ "http:/:@h://", NULL, "has no scheme" },
		{ "http:///@h", NULL, "a user or password" },
		{ "http://@h", NULL, "a user or password" },
		{ "https://h?", NULL, "\"?\"" },
		{ "https://h?@", NULL, "" },
		{ "https://h#@", NULL, "" },
		{ "https://h/v5?x=1", NULL, "\"?\" or \"#\"" },
		{ "https://h/v5#x", NULL, "\"?\" or \"#\"" },
		{ "https://", NULL, "is not valid" },
		{ "https://h h/", NULL, "a space or control" },
		{ "https://h/\n", NULL, "a space or control" },
	};
	struct err err;
	char *used;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		used = http_check_server(rows[i].url, &err);
		if (rows[i].error == NULL) {
			assert_non_null(used);
			assert_string_equal(used, rows[i].used);
			free(used);
		} else {
			if (used != NULL)
				fail_msg("taken: %s", rows[i].url);
			assert_contains(err.text, rows[i].error);
			assert_null(strstr(err.text, "secret"));
		}
	}
}

static void
test_keys(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(http_check_key("hl_sk_0123", &err), 0);
	assert_int_equal(http_check_key("hl sk", &err), -1);
	assert_contains(err.text, "a space");
	assert_int_equal(http_check_key("hl_sk\n", &err), -1);
	assert_contains(err.text, "a line break");
	assert_int_equal(http_check_key("caf\xc3\xa9", &err), -1);
	assert_null(strstr(err.text, "caf"));
}

static void
test_origins(void **state)
{
	(void)state;
	assert_true(http_same_origin("https://h/v5/x", "https://H:443/y"));
	assert_true(http_same_origin("http://h:8080/", "http://h:8080/v5"));
	assert_false(http_same_origin("https://h/", "http://h/"));
	assert_false(http_same_origin("https://h/", "https://h:444/"));
	assert_false(http_same_origin("https://h/", "https://h.evil/"));
	assert_false(http_same_origin("https://h/", "https://h@evil/"));
	assert_false(http_same_origin("https://h/", "nonsense\n"));
}

static void
test_codings(void **state)
{
	(void)state;
	assert_true(http_is_coding("gzip"));
	assert_true(http_is_coding("GZIP, br"));
	assert_true(http_is_coding(""));
	assert_false(http_is_coding("utf-8"));
	assert_false(http_is_coding("identity, x"));
	assert_false(http_is_coding("aws-chunked"));
}

static void
test_where_redirects_lead(void **state)
{
	static const struct {
		const char *location, *url;
	} rows[] = {
		{ "/v5/files", "https://h/v5/files" },
		{ "files?x=1", "https://h/v5/files?x=1" },
		{ "https://other/x", "https://other/x" },
		{ "//other/x", "https://other/x" },
		{ "file:///etc/passwd", NULL },
		{ "gopher://h/", NULL },
		{ "javascript:1", NULL },
	};
	char *url;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		url = http_resolve("https://h/v5/logs", rows[i].location);
		if (rows[i].url == NULL)
			assert_null(url);
		else
			assert_string_equal(url, rows[i].url);
		free(url);
	}
}

static void
test_retry_after(void **state)
{
	char date[64];
	time_t later = time(NULL) + 100;
	struct tm tm;
	int64_t wait;

	(void)state;
	assert_int_equal(when("1"), 1000);
	assert_int_equal(when(" 120 \r\n"), 120000);
	assert_int_equal(when("0"), 0);
	assert_int_equal(when("99999999999999999999"),
	    INT64_C(1000000000000));
	assert_int_equal(when("soon"), -1);
	assert_int_equal(when("12x"), -1);
	assert_int_equal(when("-1"), -1);
	assert_int_equal(when(""), -1);
	/* All three forms of RFC 9110 section 5.6.7. */
	gmtime_r(&later, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	wait = when(date);
	assert_in_range(wait, 95000, 100000);
	strftime(date, sizeof(date), "%A, %d-%b-%y %H:%M:%S GMT", &tm);
	assert_in_range(when(date), 95000, 100000);
	strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Y", &tm);
	assert_in_range(when(date), 95000, 100000);
	assert_int_equal(when("1.5"), 1500);
	assert_int_equal(when("6m0s"), 360000);
	assert_int_equal(when("1s"), 1000);
	assert_int_equal(when("20ms"), 20);
	assert_int_equal(when("1h0m0.5s"), 3600500);
	assert_int_equal(when("1700000000"), 0);
	assert_int_equal(when("1700000000000"), 0);
	snprintf(date, sizeof(date), "%lld", (long long)later);
	assert_in_range(when(date), 95000, 100000);
	snprintf(date, sizeof(date), "%lld000", (long long)later);
	assert_in_range(when(date), 95000, 100000);
	assert_int_equal(when("2199-01-01T00:00:00"), -1);
	assert_int_equal(when("2199-01-01 00:00:00"), -1);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	assert_in_range(when(date), 95000, 100000);
	strftime(date, sizeof(date), "%a %b %d %Y %H:%M:%S GMT+0000", &tm);
	assert_in_range(when(date), 95000, 100000);
	strftime(date, sizeof(date), "%a %b %d %Y %H:%M:%S GMT+0000 (Co"
	    "ordinated)", &tm);
	assert_in_range(when(date), 95000, 100000);
	assert_int_equal(when("2026"), 2026000);
	assert_int_equal(when("tomorrow"), -1);
	assert_int_equal(when("1e3"), -1);
	/* A past time means now. */
	assert_int_equal(when("Sun, 06 Nov 1994 08:49:37 GMT"),
	    0);
}

static void
test_waits_grow_and_differ(void **state)
{
	struct http http = { .random = 42 };
	int64_t wait, max, sum;
	unsigned attempts;
	int i;

	(void)state;
	for (attempts = 1; attempts < 12; attempts++) {
		max = attempts < 6 ? 500 << attempts : 30000;
		if (max > 30000)
			max = 30000;
		for (sum = 0, i = 0; i < 1000; i++) {
			wait = http_backoff(&http, attempts);
			assert_in_range(wait, 500, max);
			sum += wait;
		}
		/* Values spread over the range. */
		assert_in_range(sum / 1000, (500 + max) * 4 / 10,
		    (500 + max) * 6 / 10);
	}
}

/* ------------------------------------------------------------- the rate */

static void
test_the_breaker(void **state)
{
	struct limit limit;
	int i;

	(void)state;
	limit_init(&limit, 16);
	for (i = 0; i < 63; i++)
		limit_failure(&limit, false);
	assert_false(limit_is_broken(&limit));
	limit_accepted(&limit);
	for (i = 0; i < 63; i++)
		limit_failure(&limit, false);
	/* An answer, even an error, shows that the server is up. */
	limit_failure(&limit, true);
	limit_failure(&limit, false);
	assert_false(limit_is_broken(&limit));
	limit_init(&limit, 16);
	for (i = 0; i < 64; i++)
		limit_failure(&limit, false);
	assert_true(limit_is_broken(&limit));
	limit_init(&limit, 16);
	for (i = 0; i < 249; i++)
		limit_failure(&limit, true);
	assert_false(limit_is_broken(&limit));
	limit_failure(&limit, true);
	assert_true(limit_is_broken(&limit));
}

/* ------------------------------------------------------------ messages */

static void
test_errors_are_explained(void **state)
{
	static const struct {
		const char *body, *text;
	} rows[] = {
		{ "{\"detail\": \"No such key\"}", "No such key" },
		{ "{\"detail\": {\"description\": \"Gone.\"}}", "Gone." },
		{ "{\"detail\": {\"msg\": \"Gone.\"}}", "Gone." },
		{ "{\"detail\": [{\"loc\": [\"query\", \"page\"], \"msg\": "
		    "\"too small\", \"type\": \"x\"}]}",
		    "query.page: too small" },
		{ "{\"detail\": [{\"loc\": [\"body\", 3, \"x\"], \"msg\": "
		    "\"bad\"}]}", "body[3].x: bad" },
		{ "{\"error\": {\"code\": \"c\", \"message\": \"m\"}}",
		    "c: m" },
		{ "{\"error\": {\"code\": \"missing_field\", \"message\": "
		    "\"namespace\", \"request_id\": \"r\"}, "
		    "\"suggestion\": \"x\"}", "missing_field: namespace" },
		{ "{\"code\": 7, \"message\": \"m\"}", "m" },
		{ "{\"error\": \"text\"}", "text" },
		{ "{\"message\": \"a\\u001b[31mb\"}", "a\\x1b[31mb" },
		{ "{}", "" },
		{ "[]", "" },
		{ "", "an empty body" },
		{ " <!DOCTYPE html><p>x", "a page of HTML" },
		{ "upstream timed out\n", "upstream timed out\\x0a" },
	};
	struct text text;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		text_init(&text, 200);
		http_explain((struct span){ rows[i].body,
		    strlen(rows[i].body) }, &text);
		assert_string_equal(text.data != NULL ? text.data : "",
		    rows[i].text);
		text_release(&text);
	}
}

static void
test_links_to_the_next_page(void **state)
{
	static const struct {
		const char *header, *next;
		bool is_odd;
	} rows[] = {
		{ "<https://h/x?a=1,2>; rel=\"next\"",
		    "https://h/x?a=1,2", false },
		{ "</a>; rel=prev, </b>; rel=next", "/b", false },
		{ "</a>; rel=\"last next\"; title=\"x\"", "/a", false },
		{ "</a>; title=\"next\"; rel=\"prev\"", NULL, false },
		{ "</a>; rel=nextish", NULL, false },
		{ "</a>; REL=\"NEXT\"", "/a", false },
		{ "<>; rel=next", "", false },
		{ "</a> ; rel = \"next\"", "/a", false },
		{ "</a>;title=\"x, </c>; rel=next\";rel=prev,</b>;rel=next",
		    "/b", false },
		{ "</a>; title=\"a\\\"; rel=next\"; rel=prev", NULL, false },
		{ "</a>; rel=\"prev\"; rel=\"next\"", NULL, false },
		{ "</a>; rel=next; anchor=\"#x\", </b>; rel=next",
		    "/b", false },
		{ "</a>; crossorigin; rel=next", "/a", false },
		{ "</a>; rel*=UTF-8''next", NULL, false },
		{ "junk \"a, <b>\", , </a>;rel=\"n\\ext\"", "/a", false },
		{ "</a>; rel=\"http://x/next\"", NULL, false },
		{ "</a", NULL, false }, { "rel=next", NULL, true },
		{ "", NULL, false }, { "</next>; rel=prev", NULL, false },
		{ "\xe2\x80\xb9/a>; rel=\"next\"", NULL, true },
		{ "</a>; rel='next'", NULL, true },
		{ "/a; rel=\"next\", </b>; rel=last", NULL, true },
		{ "</a> rel=next", NULL, true },
	};
	char *next;
	bool is_odd;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		next = http_next_link(rows[i].header, &is_odd);
		if (rows[i].is_odd != is_odd)
			fail_msg("%s", rows[i].header);
		if ((next == NULL) != (rows[i].next == NULL))
			fail_msg("%s: %s", rows[i].header, next);
		if (next != NULL)
			assert_string_equal(next, rows[i].next);
		free(next);
	}
}

static void
test_where_a_next_page_may_be(void **state)
{
	static char plain[] = "files.h", port[] = "f:8443", six[] = "[::1]:81";
	static char *const hosts[] = { plain, port, six, NULL };
	static const struct {
		const char *base, *link, *url;	/* NULL: refused */
		bool allowed;	/* with ${hosts} */
	} rows[] = {
		{ "https://h", "a?x=2", "https://h/v1/a?x=2", false },
		{ "https://h", "https://h.evil/v1/a", NULL, true },
		/* A proxy's: only the scheme differs. */
		{ "https://h", "http://h/b", "https://h/b", false },
		{ "https://h", "http://h:8080/v1/a", NULL, true },
		{ "http://h", "https://h/v1/a", NULL, true },
		{ "https://h", "file:///x", NULL, true },
		{ "https://h", "https://files.h/a", NULL, false },
		{ "https://h", "https://files.h/a", "https://files.h/a",
		    true },
		{ "https://h", "https://FILES.h:443/a",
		    "https://FILES.h:443/a", true },
		/* A key used over https is never sent over http. */
		{ "https://h", "http://files.h/a", "https://files.h/a",
		    true },
		{ "http://h", "http://files.h/a", "http://files.h/a", true },
		{ "http://h", "https://files.h/a", "https://files.h/a",
		    true },
		{ "https://h", "https://files.h:444/a", NULL, true },
		{ "https://h", "https://f/a", NULL, true },
		{ "https://h", "https://f:8443/a", "https://f:8443/a", true },
		{ "https://h", "https://[::1]:81/", "https://[::1]:81/",
		    true },
		{ "https://h", "https://files.h.evil/a", NULL, true },
		{ "https://h", "https://files.h@evil/a", NULL, true },
		{ "https://h", "https://evil/files.h", NULL, true },
	};
	char from[64], *url;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		snprintf(from, sizeof(from), "%s/v1/a?x=1", rows[i].base);
		url = http_follow(rows[i].base, rows[i].allowed ? hosts :
		    NULL, from, rows[i].link, &err);
		if ((url == NULL) != (rows[i].url == NULL) ||
		    (url != NULL && strcmp(url, rows[i].url) != 0))
			fail_msg("%s: %s", rows[i].link, url);
		if (url == NULL && (strncmp(rows[i].link, "file:", 5) == 0 ||
		    strchr(rows[i].link, '@') != NULL))
			assert_contains(err.text, "not a valid URL");
		else if (url == NULL)
			assert_contains(err.text, "to allow it, name "
			    "its host with --allow-host");
		free(url);
	}
	assert_int_equal(http_check_host("h", &err), 0);
	assert_int_equal(http_check_host("h:1", &err), 0);
	assert_int_equal(http_check_host("[::1]:1", &err), 0);
	assert_int_equal(http_check_host("https://h", &err), -1);
	assert_int_equal(http_check_host("h/", &err), -1);
	assert_int_equal(http_check_host("me@h", &err), -1);
	assert_int_equal(http_check_host("h h", &err), -1);
	assert_int_equal(http_check_host("h:port", &err), -1);
	assert_int_equal(http_check_host("", &err), -1);
}

static unsigned
draw(uint32_t *seed, unsigned n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 16) % n;
}

/* Headers generated from the grammar, with the expected result. */
static void
test_generated_links(void **state)
{
	static const char *const rels[] = { "prev", "\"next\"", "next",
	    "\"last next\"", "NEXT", "\"nextish\"", "\"a\\\"b\"" };
	static const bool is_next[] = { false, true, true, true, true, false,
	    false };
	static const char *const others[] = { "", "; title=\"a, b; <c>\"",
	    "; hreflang=en", " ;\ttype = \"x\\\"; rel=next\"", "; flag" };
	static const char *const gaps[] = { ",", ", ", " ,\t", ",," };
	uint32_t seed = 1;
	char header[2000], want[32], *got;
	bool is_odd;
	unsigned round, link, links, rel, anchor;
	size_t n;

	(void)state;
	for (round = 0; round < 20000; round++) {
		*want = '\0';
		links = 1 + draw(&seed, 4);
		for (n = 0, link = 0; link < links; link++) {
			rel = draw(&seed, LENGTH(rels));
			anchor = draw(&seed, 6) == 0;
			n += (size_t)snprintf(&header[n], sizeof(header) - n,
			    "%s</p?a=1,%u>%s%srel%s%s%s%s", link == 0 ? "" :
			    gaps[draw(&seed, LENGTH(gaps))], link,
			    others[draw(&seed, LENGTH(others))],
			    draw(&seed, 2) ? ";" : " ; ",
			    draw(&seed, 2) ? "=" : " = ", rels[rel],
			    others[draw(&seed, LENGTH(others))],
			    anchor ? "; anchor=\"/x\"" : "");
			if (is_next[rel] && !anchor && *want == '\0')
				snprintf(want, sizeof(want), "/p?a=1,%u",
				    link);
		}
		got = http_next_link(header, &is_odd);
		if (got == NULL && is_odd)
			fail_msg("%s: odd", header);
		if (strcmp(got != NULL ? got : "", want) != 0)
			fail_msg("%s: %s, not %s", header, got, want);
		free(got);
	}
}

static void
test_headers_of_a_budget(void **state)
{
	static const struct {
		const char *text;
		int64_t count, reset;
	} rows[] = {
		{ "60", 60, 60000 }, { "0", 0, 0 }, { "59, 60;w=60", 59, -1 },
		{ "1.5", -1, 1500 }, { "6s", -1, 6000 }, { "", -1, -1 },
		{ "-1", -1, -1 }, { "soon", -1, -1 },
		{ "99999999999999999999", -1, INT64_C(1000000000000) },
		/* Seconds since 1970, long ago. */
		{ "1700000000", -1, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		if (quota_count(rows[i].text) != rows[i].count ||
		    when(rows[i].text) != rows[i].reset)
			fail_msg("%s: %lld, %lld", rows[i].text,
			    (long long)quota_count(rows[i].text),
			    (long long)when(rows[i].text));
	}
}

/*
 * A quota of 60 requests a minute, in fixed windows from ${from}: how many are
 * refused, and how many are served in ten minutes, if replies take ${latency}
 * ms with so many requests in flight?
 */
static void
serve_by_quota(int64_t from, int64_t latency, unsigned jobs,
    unsigned *refused, unsigned *served)
{
	struct { int64_t comes; struct reported reported; } wire[16];
	struct quota quota;
	unsigned n = 0, used = 0, i;
	int64_t now, window = -1;

	quota_init(&quota);
	*refused = *served = 0;
	for (now = 0; now < 600000; now += 10) {
		for (i = 0; i < n; i++) {
			if (wire[i].comes > now)
				continue;
			wire[i] = wire[n - 1];
			n--;
			quota_reported(&quota, &wire[n].reported, now);
		}
		if (n == jobs || quota_next(&quota, n, now) > now)
			continue;
		/* A request counts when it arrives; the reset is rounded. */
		if ((now + from) / 60000 != window)
			used = 0;
		window = (now + from) / 60000;
		*refused += used == 60;
		used += used < 60;
		++*served;
		wire[n].comes = now + latency;
		wire[n++].reported = (struct reported){ .limit = 60,
		    .left = 60 - used, .reset = (60000 - (now + from) %
		    60000) / 1000 * 1000 };
	}
}

static void
test_a_budget_that_is_told_is_kept_to(void **state)
{
	static const struct {
		int64_t from, latency;
		unsigned jobs;
	} rows[] = { { 0, 100, 1 }, { 31000, 100, 4 }, { 59990, 300, 16 },
		{ 17, 900, 2 }, { 0, 50, 16 } };
	unsigned refused, served;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		serve_by_quota(rows[i].from, rows[i].latency, rows[i].jobs,
		    &refused, &served);
		print_message("# from %lld, %lld ms, %u jobs: %u in ten "
		    "minutes, %u refused\n", (long long)rows[i].from,
		    (long long)rows[i].latency, rows[i].jobs, served,
		    refused);
		assert_int_equal(refused, 0);
		/* The full quota, except in the first and last window. */
		assert_in_range(served, 590, 660);
	}
}

/* All forms of URLs and passwords. */
static void
test_no_password_is_shown(void **state)
{
	static const char *const before[] = { "Unsupported proxy syntax in '",
	    "bad proxy ", "", "see '" };
	static const char *const schemes[] = { "http://", "socks5h://", "" };
	static const char bytes[] = "aB1#/?@:'\" x%\\";
	char text[512], word[12], secret[16];
	size_t i, k, n;

	(void)state;
	srand(20261126);
	for (n = 0; n < 20000; n++) {
		for (k = 0; k < 6; k++)
			word[k] = bytes[(size_t)rand() % (sizeof(bytes) - 1)];
		word[k] = '\0';
		snprintf(secret, sizeof(secret), "Q7%sZ", word);
		i = (size_t)rand() % 4;
		k = (size_t)rand() % 3;
		/* Without a quote and a scheme, a word ends at a blank. */
		if (k == 2 && (i == 1 || i == 2) &&
		    (strpbrk(word, " '") != NULL ||
		    strstr(word, "://") != NULL))
			continue;
		snprintf(text, sizeof(text), "%s%su:%s@host:1'", before[i],
		    schemes[k], secret);
		http_mask(text);
		assert_null(strstr(text, "Q7"));
		assert_non_null(strstr(text, "@host:1"));
	}
	snprintf(text, sizeof(text), "connection refused");
	http_mask(text);
	assert_string_equal(text, "connection refused");
	snprintf(text, sizeof(text), "http://a@h");
	http_mask(text);
	assert_string_equal(text, "http://*@h");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers_addresses),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_codings),
		cmocka_unit_test(test_where_redirects_lead),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_waits_grow_and_differ),
		cmocka_unit_test(test_the_breaker),
		cmocka_unit_test(test_errors_are_explained),
		cmocka_unit_test(test_links_to_the_next_page),
		cmocka_unit_test(test_where_a_next_page_may_be),
		cmocka_unit_test(test_generated_links),
		cmocka_unit_test(test_headers_of_a_budget),
		cmocka_unit_test(test_no_password_is_shown),
		cmocka_unit_test(test_a_budget_that_is_told_is_kept_to),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
