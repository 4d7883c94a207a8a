/*
 * Refusals and the headers that come with them: the room http on a simulated
 * clock, with a fake libcurl that plays the server.
 */

#include "unit_http.h"

#include <time.h>

#define URLS 40

/* ------------------------------------------------- times, as servers write */

static int64_t skew;	/* of the server's clock; 0: no Date header */

static int64_t
server_wall(void)
{
	return clock_real() + skew;
}

/*
 * Write a time that is ${ms} away, or an invalid one.  Return how long a client
 * must wait: 0 if it need not; -1 if it can't know.
 */
static int64_t
write_one(char out[100], int64_t ms)
{
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT",
	    "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y",
	    "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)",
	    "%Y-%m-%dT%H:%M:%SZ" };
	static const char *const garbage[] = { "", "soon", "-5", "1e3",
	    "12 apples", "0x10", "2026-11-26T10:00:00", "11/26/2026, 10:00 AM",
	    "NaN", "Infinity", "\"", ";;", "Thu Nov 26 2026", "1.2.3",
	    "\xff\xfe", "31622401", "99999999999999999999",
	    "Fri, 31 Dec 9999 23:59:59 GMT", "999999h" };
	int64_t wall = server_wall() + ms;
	time_t second = (time_t)(wall / 1000);
	unsigned kind = (unsigned)(chance() * 13);
	struct tm tm;

	if (chance() < 0.1)
		second -= 100000000;	/* three years ago */
	gmtime_r(&second, &tm);
	switch (kind) {
	case 0:
		snprintf(out, 100, chance() < 0.2 ? "+%lld" : "%lld",
		    (long long)(ms / 1000));
		return ms / 1000 * 1000;
	case 1:
		snprintf(out, 100, "%.3f", (double)ms / 1000);
		return ms;
	case 2:
		snprintf(out, 100, "%lldm%llds", (long long)(ms / 60000),
		    (long long)(ms / 1000 % 60));
		return ms / 1000 * 1000;
	case 3:
		snprintf(out, 100, "%lldms", (long long)ms);
		return ms;
	case 4:
		snprintf(out, 100, "%lld", (long long)second);
		break;
	case 5:
		snprintf(out, 100, "%lld000", (long long)second);
		break;
	case 6: case 7: case 8: case 9: case 10:
		strftime(out, 100, forms[kind - 6], &tm);
		break;
	default:
		kind = (unsigned)(chance() * LENGTH(garbage));
		snprintf(out, 100, "%s", garbage[kind]);
		return -1;
	}
	ms = (int64_t)second * 1000 - server_wall();
	return ms > 0 ? ms : 0;
}

/* The same; sometimes two of them, of which the later one counts. */
static int64_t
write_time(char out[100], int64_t ms)
{
	char first[100], second[100];
	int64_t one = write_one(first, ms), two;

	snprintf(out, 100, "%s", first);
	if (chance() < 0.8)
		return one;
	two = write_one(second, ms / 2);
	if (strlen(first) > 48 || strlen(second) > 48 || *first == '\0' ||
	    *second == '\0')
		return one;
	snprintf(out, 100, "%.48s, %.48s", first, second);
	return one < 0 || two < 0 ? -1 : one > two ? one : two;
}

static void
write_date(char out[200])
{
	time_t second = (time_t)(server_wall() / 1000);
	struct tm tm;

	gmtime_r(&second, &tm);
	strftime(out, 200, "Date: %a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* "RateLimit", in the form of the draft, or of an older one. */
static void
write_members(char out[200], int64_t left, int64_t s)
{
	switch ((unsigned)(chance() * 4)) {
	case 0:
		snprintf(out, 200, "RateLimit: \"default\";r=%lld;t=%lld",
		    (long long)left, (long long)s);
		break;
	case 1:
		snprintf(out, 200, "ratelimit: \"a,;\\\"=\";r=900;t=3000, "
		    "day ; t=%lld ; r=%lld;pk=:x=:", (long long)s,
		    (long long)left);
		break;
	case 2:
		snprintf(out, 200, "RateLimit: limit=100, remaining=%lld, "
		    "reset=%lld", (long long)left, (long long)s);
		break;
	default:
		snprintf(out, 200, "RateLimit: \"s\";r=%lld;t=1, \"b\";"
		    "r=%lld;t=%lld", (long long)left, (long long)left,
		    (long long)s);
		break;
	}
}

/* Everything generated from the grammar is either obeyed or ignored. */
static void
answer_at_random(unsigned url, struct reply *reply)
{
	static const int statuses[] = { 429, 429, 503, 403 };
	int64_t away = 1000 + (int64_t)(chance() * 119000), truth;
	char time[100];

	(void)url;
	if (skew != 0)
		write_date(reply->headers[reply->n_headers++]);
	if (chance() < 0.5)
		reply->status = statuses[(int)(chance() * 4)];
	if (reply->status != 200 || chance() < 0.3) {
		truth = write_time(time, away);
		snprintf(reply->headers[reply->n_headers++], 200,
		    "Retry-After: %s", time);
		server.unclear += truth < 0;
		/* A 403 without a time means a lack of permission. */
		if (truth < 0 && reply->status == 403)
			reply->status = 429;
		reply->wait = reply->status == 200 ? -1 : truth;
	}
	if (chance() < 0.2) {
		truth = write_time(time, away);
		snprintf(reply->headers[reply->n_headers++], 200,
		    "X-RateLimit-Remaining: 0");
		snprintf(reply->headers[reply->n_headers++], 200,
		    "X-RateLimit-Reset: %s", time);
		reply->all = truth;
	} else if (chance() < 0.1) {
		away = chance() < 0.5 ? away / 1000 : 0;
		write_members(reply->headers[reply->n_headers++], 0, away);
		reply->all = away * 1000;
	} else if (chance() < 0.1) {
		snprintf(reply->headers[reply->n_headers++], 200,
		    "X-RateLimit-Reset: 31000000");
	}
}

static void
test_no_request_before_its_time(void **state)
{
	unsigned seed, n, sent = 0, unclear = 0, lines;
	char *reported;

	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		server.random = seed * UINT64_C(829180769161) + 17;
		open_http(3600000);
		server.answer = answer_at_random;
		skew = seed % 2 ? 0 : (int64_t)((chance() - 0.5) * 86400e3);
		n = have(URLS);
		reported = close_http();
		sent += server.n_sent;
		unclear += server.unclear;
		if (n != URLS || server.too_soon > 0 || server.in_vain > 0)
			fail_msg("seed %u: %u came; %u sent too soon, %u in "
			    "vain: %s", seed, n, server.too_soon,
			    server.in_vain, ended.text);
		lines = count(reported, "\"Retry-After: ", "which is ignored");
		assert_int_equal(lines, server.unclear > 0);
		lines = count(reported, "\"X-RateLimit-Reset: ", "is ignored");
		assert_true(lines <= 1);
		free(reported);
	}
	print_message("# %u requests, %u times that can't be obeyed\n", sent,
	    unclear);
	assert_true(unclear > 500);
}

/* --------------------------------------------------------- one by one */

static const struct said_row {
	int status;
	const char *headers[3];
	int64_t wait;		/* until the next is sent, at least; ms */
	const char *line;	/* in the log, or in the final error */
} rows[] = {
	{ 429, { "Retry-After: 120" }, 120000,
	    "; the server says \"Retry-After: 120\": waiting 2m00s" },
	{ 429, { "retry-after: 0.25", "retry-after-ms: 700" }, 700,
	    "\"retry-after-ms: 700\": waiting 700 ms" },
	{ 503, { "Retry-After: 3" }, 3000, "\"Retry-After: 3\": waiting 3." },
	{ 403, { "Retry-After: 5" }, 5000, "Retry-After: 5" },
	{ 403, { "x-ratelimit-reset: 9" }, 9000, "waiting 9.0 s" },
	{ 429, { "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 30" },
	    30000, "no requests are left (X-RateLimit-Reset: 30): waiting "
	    "31.0 s" },
	{ 429, { "X-RateLimit-Reset: 40" }, 40000,
	    "\"X-RateLimit-Reset: 40\": waiting 40.0 s" },
	/* Several of one name, perhaps added by a proxy. */
	{ 429, { "Retry-After: 5, 10" }, 10000,
	    "; the server says \"Retry-After: 5, 10\": waiting 10.0 s" },
	{ 429, { "Retry-After: 90,5 ,7" }, 90000, "7\": waiting 1m30s" },
	{ 429, { "Retry-After: 2", "Retry-After: 6", "Retry-After: 3" },
	    6000, "\"Retry-After: 6\": waiting 6.0 s" },
	{ 429, { "Retry-After-Ms: 900 , 700" }, 900, "waiting 900 ms" },
	{ 429, { "Retry-After: 5, soon" }, -1, "\"Retry-After: 5, soon\", "
	    "which is ignored" },
	{ 429, { "Retry-After: +4" }, 4000, "\"Retry-After: +4\": waiting" },
	{ 429, { "X-RateLimit-Reset: 20, 30" }, 30000, "waiting 30.0 s" },
	{ 200, { "X-RateLimit-Remaining: 5, 0", "X-RateLimit-Reset: 9" },
	    9000, "" },
	/* By the server's clock, not by ours. */
	{ 429, { "Retry-After: Sat, 01 Jan 2000 00:00:30 GMT",
	    "Date: Sat, 01 Jan 2000 00:00:00 GMT" }, 30000, "\"Retry-After: "
	    "Sat, 01 Jan 2000 00:00:30 GMT\": waiting 30.0 s" },
	{ 503, { "date: Thu, 01 Jan 2099 00:00:00 GMT",
	    "Retry-After: Thu, 01 Jan 2099 00:00:05 GMT, Thu, 01 Jan 2099 "
	    "00:00:20 GMT" }, 20000, "GMT\": waiting 20.0 s" },
	{ 429, { "Retry-After: Sat, 01 Jan 2000 00:00:30 GMT, 50",
	    "Date: Sat, 01 Jan 2000 00:00:00 GMT" }, 50000, "GMT, 50\"" },
	{ 429, { "Age: 20", "Date: Sat, 01 Jan 2000 00:00:00 GMT",
	    "Retry-After: Sat, 01 Jan 2000 00:00:30 GMT" }, 10000,
	    "waiting 10.0 s" },
	{ 200, { "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1577836860",
	    "Date: Wed, 01 Jan 2020 00:00:00 GMT" }, 60000, "no requests "
	    "are left (X-RateLimit-Reset: 1577836860): waiting 1m01s" },
	{ 403, { "anthropic-ratelimit-requests-remaining: 0",
	    "anthropic-ratelimit-requests-reset: 2099-01-01T00:00:20Z",
	    "Date: Thu, 01 Jan 2099 00:00:00 GMT" }, 20000,
	    "anthropic-ratelimit-requests-reset: 2099-01-01T00:00:20Z" },
	{ 429, { "Retry-After: Thu, 01 Jan 2099 01:00:00 GMT",
	    "Date: Thu, 01 Jan 2099 00:00:00 GMT" }, 0, "the server says "
	    "\"Retry-After: Thu, 01 Jan 2099 01:00:00 GMT\" (HTTP 429): a "
	    "wait of 1h00m, and --max-wait" },
	{ 429, { "Retry-After: 5", "Date: Thu, 01 Jan 1970 00:00:00 GMT" },
	    5000, "\"Retry-After: 5\": waiting 5.0 s" },
	{ 429, { "Retry-After: 7", "Date: yesterday" }, 7000, "waiting 7.0" },
	/* Requests are left, so this limit is not the reason. */
	{ 429, { "X-RateLimit-Remaining: 7", "X-RateLimit-Reset: 40" },
	    -1, "retry it: HTTP 429" },
	{ 200, { "RateLimit: \"default\";r=0;t=30" }, 30000,
	    "left (RateLimit: \"default\";r=0;t=30): waiting 31.0 s" },
	{ 200, { "RateLimit: \"default\";r=50;t=30",
	    "RateLimit-Policy: \"default\";q=100;w=60" }, -1, "" },
	{ 200, { "x-ratelimit-remaining-requests: 0",
	    "x-ratelimit-reset-requests: 6m0s" }, 360000,
	    "x-ratelimit-reset-requests: 6m0s" },
	/* A short wait is not logged. */
	{ 200, { "x-ratelimit-remaining-requests: 0",
	    "x-ratelimit-reset-requests: 20ms" }, 20, "" },
	{ 200, { "anthropic-ratelimit-requests-remaining: 0",
	    "anthropic-ratelimit-requests-reset: 2099-01-01T00:00:00Z" }, -1,
	    "anthropic-ratelimit-requests-reset: 2099-01-01T00:00:00Z" },
	/* A successful reply does not end the run. */
	{ 200, { "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 7200" },
	    -1, "\"X-RateLimit-Reset: 7200\", which is ignored: it is longer "
	    "than --max-wait" },
	{ 404, { "RateLimit: \"d\";r=0;t=86399" }, -1, "which is ignored" },
	{ 200, { "Retry-After: 99999" }, -1, "" },
	{ 429, { "Retry-After: 99999999999" }, -1, "\"Retry-After: 99999999999"
	    "\", which is ignored: it is more than a year away" },
	{ 429, { "Retry-After: tomorrow" }, -1, "which is ignored: it is not a "
	    "valid time" },
	{ 429, { "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 90000" },
	    -1, "it could be seconds or milliseconds" },
	/* The end. */
	{ 429, { "Retry-After: 3600" }, 0, "the server says \"Retry-After: "
	    "3600\" (HTTP 429): a wait of 1h00m, and --max-wait allows "
	    "10m00s" },
	{ 403, { "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 7200" }, 0,
	    "\"X-RateLimit-Reset: 7200\" (HTTP 403): a wait of 2h00m" },
	{ 429, { "RateLimit: \"d\";r=0;t=3600", "Retry-After: 1" }, 0,
	    "no requests are left (RateLimit: \"d\";r=0;t=3600): a wait of" },
};

static const struct said_row *row;

/* The first is answered as the row says. */
static void
answer_by_row(unsigned url, struct reply *reply)
{
	unsigned i;

	(void)url;
	if (server.n_sent > 1)
		return;
	reply->status = row->status;
	for (i = 0; i < 3 && row->headers[i] != NULL; i++)
		snprintf(reply->headers[reply->n_headers++], 200, "%s",
		    row->headers[i]);
}

static void
test_what_headers_do(void **state)
{
	int64_t took;
	char *reported;

	(void)state;
	for (row = rows; row < rows + LENGTH(rows); row++) {
		server.random = 12345;
		open_http(600000);
		server.answer = answer_by_row;
		(void)have(1);
		/* Then another one, unless the first was sent again. */
		if (server.n_sent == 1 && ended.kind == ERR_NONE)
			(void)have(2);
		reported = close_http();
		took = server.n_sent > 1 ? server.sent[1] - server.sent[0] :
		    -1;
		if (row->wait == 0 && (ended.kind != ERR_STOPPED ||
		    server.n_sent > 1 ||
		    strstr(ended.text, row->line) == NULL))
			fail_msg("%s: %s", row->headers[0], ended.text);
		if (row->wait != 0 && (ended.kind != ERR_NONE || took == -1 ||
		    strstr(reported, row->line) == NULL))
			fail_msg("%s: %s, %s", row->headers[0], ended.text,
			    reported);
		if (row->wait > 0 ? took < row->wait || took > row->wait +
		    2500 : row->wait == -1 && took > 2500)
			fail_msg("%s: after %lld ms", row->headers[0],
			    (long long)took);
		free(reported);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_request_before_its_time),
		cmocka_unit_test(test_what_headers_do),
	};

	clock_skip_waits();
	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
