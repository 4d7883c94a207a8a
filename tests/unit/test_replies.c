/*
 * Odd, slow and broken replies: the room http on a simulated clock, see
 * unit_http.h.
 */

#include "unit_http.h"

/* ------------------------------------------------------------ slow ones */

static const struct slow_row {
	const char *chunk;
	unsigned chunks;
	int64_t gap;		/* ms */
	int64_t stall;		/* ms */
	bool is_good;
	const char *line;	/* of the log */
} slow_rows[] = {
	/* A byte now and then would take days. */
	{ "x", 100000, 1000, 60000, false,
	    " bytes in 60 s" },
	{ "x", 100000, 59000, 60000, false,
	    "the reply is too slow: 16 bytes in 60 s" },
	/* Slow, but it will end. */
	{ "0123456789", 2000, 70, 60000, true, "" },
	{ "xxxxxxxxxxxxx", 90, 600, 60000, true, "" },
	/* Pauses that --stall allows. */
	{ "x", 50, 500000, 600000, false, "16 bytes in 600 s" },
	{ NULL, 20, 59000, 60000, true, "" },
	{ NULL, 20, 599000, 600000, true, "" },
	/* A short one may take as long as it likes, up to a span. */
	{ "x", 50, 1000, 60000, true, "" },
	{ "x", 3, 61000, 60000, false, "no byte for 60 s" },
};

static const struct slow_row *slow;
static char large[7000];

static void
answer_slowly(unsigned url, struct reply *reply)
{
	(void)url;
	reply->body = slow->chunk != NULL ? slow->chunk : large;
	reply->chunks = slow->chunks;
	reply->gap = slow->gap;
}

static void
test_what_drips_is_given_up(void **state)
{
	int64_t begin, took;
	unsigned good;
	char *reported;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	for (slow = slow_rows; slow < slow_rows + LENGTH(slow_rows); slow++) {
		server.random = 7;
		tries = 2;
		open_http(600000);
		http->settings.stall_ms = slow->stall;
		server.answer = answer_slowly;
		begin = clock_ms();
		good = have(1);
		took = clock_ms() - begin;
		reported = close_http();
		if (good != slow->is_good || ended.kind != ERR_NONE)
			fail_msg("%zu: %u good, %s", slow - slow_rows, good,
			    reported);
		if (strstr(reported, slow->line) == NULL)
			fail_msg("%zu: %s", slow - slow_rows, reported);
		assert_true(slow->is_good || took < 3 * slow->stall);
		free(reported);
	}
}

/* ------------------------------------------------- what ends the run */

static void
answer_elsewhere(unsigned url, struct reply *reply)
{
	if (url == 0) {
		reply->status = 302;
		snprintf(reply->headers[reply->n_headers++], 200,
		    "Location: https://elsewhere/9");
	} else if (url == 9) {
		reply->status = 0;
		reply->code = CURLE_PEER_FAILED_VERIFICATION;
	}
}

/* A bad certificate ends the run, unless a redirect led to it. */
static void
test_certificates(void **state)
{
	(void)state;
	tries = 3;
	open_http(600000);
	server.answer = answer_elsewhere;
	assert_int_equal(have(5), 4);
	assert_int_equal(ended.kind, ERR_NONE);
	free(close_http());
	open_http(600000);
	server.answer = answer_elsewhere;
	(void)have(10);
	assert_int_equal(ended.kind, ERR_NET);
	assert_contains(ended.text, "certificate");
	free(close_http());
}

/* -------------------------------------------------- meaningless limits */

static const struct limit_row {
	const char *headers[3];
	bool is_limit;
	const char *line;
} limit_rows[] = {
	{ { "X-RateLimit-Limit: 0", "X-RateLimit-Remaining: 0",
	    "X-RateLimit-Reset: 0" }, false, "\"X-RateLimit-Limit: 0\", which "
	    "is ignored: the server serves more than that" },
	{ { "X-RateLimit-Reset: 60", "X-RateLimit-Remaining: 0",
	    "X-RateLimit-Limit: -1" }, false, "\"X-RateLimit-Limit: -1\", "
	    "which is ignored" },
	{ { "X-RateLimit-Limit: -1", "X-RateLimit-Remaining: -1",
	    "X-RateLimit-Reset: 0" }, false, "Limit: -1\", which is" },
	{ { "RateLimit: limit=0, remaining=0, reset=5" }, false,
	    "reset=5\", which is ignored" },
	{ { "RateLimit: \"d\";r=0;t=5", "RateLimit-Policy: \"d\";q=0;w=5" },
	    false, "\"RateLimit-Policy: \"d\";q=0;w=5\", which is ignored" },
	/* Beside a real limit it is ignored. */
	{ { "RateLimit: \"a\";r=0;t=1",
	    "RateLimit-Policy: \"b\";q=0;w=5, \"a\";q=9;w=1" }, true, "" },
	{ { "X-RateLimit-Limit: 1", "X-RateLimit-Remaining: 0",
	    "X-RateLimit-Reset: 0" }, true, "" },
};

static const struct limit_row *limits;

static void
answer_with_limits(unsigned url, struct reply *reply)
{
	(void)url;
	for (; reply->n_headers < 3 && limits->headers[reply->n_headers] !=
	    NULL; reply->n_headers++)
		snprintf(reply->headers[reply->n_headers], 200, "%s",
		    limits->headers[reply->n_headers]);
}

static void
test_a_limit_of_nothing_is_none(void **state)
{
	int64_t begin, took;
	char *reported;

	(void)state;
	for (limits = limit_rows; limits < limit_rows + LENGTH(limit_rows);
	    limits++) {
		server.random = 3;
		open_http(600000);
		server.answer = answer_with_limits;
		begin = clock_ms();
		assert_int_equal(have(40), 40);
		took = clock_ms() - begin;
		reported = close_http();
		if (limits->is_limit ? took < 4000 : took > 1000)
			fail_msg("%s: %lld ms", limits->headers[0],
			    (long long)took);
		assert_contains(reported, limits->line);
		assert_int_equal(count(reported, "which is ignored", ""),
		    *limits->line != '\0');
		free(reported);
	}
}

static void
answer_no_rights(unsigned url, struct reply *reply)
{
	reply->status = 403;
	answer_with_limits(url, reply);
}

static void
answer_busy(unsigned url, struct reply *reply)
{
	if (server.n_sent > 1)
		return;
	reply->status = 429;
	answer_with_limits(url, reply);
}

/* In a refusal, its reset is obeyed. */
static void
test_a_limit_of_nothing_that_refuses(void **state)
{
	static const struct limit_row row = { { "X-RateLimit-Limit: 0",
	    "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 30" }, true, "" };

	(void)state;
	limits = &row;
	open_http(600000);
	server.answer = answer_busy;
	assert_int_equal(have(1), 1);
	assert_in_range(server.sent[1] - server.sent[0], 30000, 32000);
	free(close_http());
	open_http(600000);
	server.answer = answer_no_rights;
	assert_int_equal(have(1), 0);
	assert_int_equal(server.n_sent, 1);
	free(close_http());
}

/* ------------------------ Retry-After without a status of 429 or 503 */

static const struct again_row {
	int status;
	const char *headers[3];
	int64_t wait;		/* ms; 0: the run ends; -1: none */
	const char *line;
} again_rows[] = {
	{ 302, { "Location: /7", "Retry-After: 20" }, 20000,
	    "redirected; the server says \"Retry-After: 20\": waiting 20.0 s" },
	{ 307, { "Location: /7", "Date: Sat, 01 Jan 2000 00:00:00 GMT",
	    "Retry-After: Sat, 01 Jan 2000 00:01:30 GMT" }, 90000, "\"Retry-"
	    "After: Sat, 01 Jan 2000 00:01:30 GMT\": waiting 1m30s" },
	{ 302, { "Location: /7" }, -1, "redirected resource" },
	{ 303, { "Location: /7", "Retry-After: 3600" }, 0, "the server says "
	    "\"Retry-After: 3600\" (HTTP 303): a wait of 1h00m" },
	/* A failure, by its body. */
	{ 200, { "Retry-After: 120" }, 120000, "it failed; the server says "
	    "\"Retry-After: 120\": waiting 2m00s" },
	{ 200, { "Retry-After: 5, 10" }, 10000, "\"Retry-After: 5, 10\"" },
	{ 200, { "X-RateLimit-Reset: 9" }, 9000, "\"X-RateLimit-Reset: 9\": "
	    "waiting 9.0 s" },
	{ 200, { "Retry-After: 3600" }, 0, "\"Retry-After: 3600\" (HTTP 200): "
	    "a wait of 1h00m, and --max-wait allows 10m00s" },
	{ 200, { NULL }, -1, "retry it: it says that it failed resource" },
	{ 404, { "Retry-After: 3600" }, -1, "failed it: HTTP 404" },
};

static const struct again_row *again;

static void
answer_once(unsigned url, struct reply *reply)
{
	(void)url;
	if (server.n_sent > 1)
		return;
	reply->status = again->status;
	reply->body = again->status == 200 ? "{\"failed\": 1}" : "{}";
	for (; reply->n_headers < 3 && again->headers[reply->n_headers] !=
	    NULL; reply->n_headers++)
		snprintf(reply->headers[reply->n_headers], 200, "%s",
		    again->headers[reply->n_headers]);
}

static void
test_waits_that_others_than_refusals_ask_for(void **state)
{
	int64_t took;
	char *reported;

	(void)state;
	tries = 5;
	for (again = again_rows; again < again_rows + LENGTH(again_rows);
	    again++) {
		server.random = 5;
		open_http(600000);
		server.answer = answer_once;
		(void)have(1);
		reported = close_http();
		took = server.n_sent > 1 ? server.sent[1] - server.sent[0] :
		    0;
		if (strstr(again->wait == 0 ? ended.text : reported,
		    again->line) == NULL)
			fail_msg("%d %s: %s, %s", again->status,
			    again->headers[0], ended.text, reported);
		assert_int_equal(ended.kind, again->wait == 0 ? ERR_STOPPED :
		    ERR_NONE);
		if (again->wait > 0)
			assert_in_range(took, again->wait, again->wait + 2500);
		else
			assert_true(took < 2500);
		assert_true(again->wait != 0 || server.n_sent == 1);
		free(reported);
	}
}

static bool any_poisoned;

/* Ten a second, and failures have a Retry-After; or some always fail. */
static void
answer_by_failures(unsigned url, struct reply *reply)
{
	static int64_t second;
	static unsigned n;

	if (clock_ms() / 1000 != second)
		n = 0;
	second = clock_ms() / 1000;
	if (any_poisoned ? url % 20 != 1 : n++ < 10)
		return;
	reply->body = "{\"failed\": 1}";
	snprintf(reply->headers[reply->n_headers++], 200, "Retry-After: 1");
}

/* Any form of limit is respected; a URL that always fails is a gap. */
static void
test_limits_that_failures_tell(void **state)
{
	unsigned seed;

	(void)state;
	tries = 5;
	for (seed = 1; seed <= 8; seed++) {
		any_poisoned = seed > 4;
		server.random = seed * 77777;
		open_http(600000);
		server.answer = answer_by_failures;
		assert_int_equal(have(400), any_poisoned ? 380 : 400);
		assert_int_equal(ended.kind, ERR_NONE);
		print_message("# %u requests for 400\n", server.n_sent);
		assert_true(server.n_sent < 800);
		free(close_http());
	}
}

/* --------------------------------------------------- URLs with a user */

static void
test_users_and_zones(void **state)
{
	static const char *const users[] = { "https://me:secret@h/a",
	    "https://me@h/a", "//me:secret@h/a", "https://@h/a" };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(users); i++) {
		assert_null(http_resolve("https://h/v5", users[i]));
		assert_null(http_follow("https://h", NULL, "https://h/v5",
		    users[i], &err));
		assert_contains(err.text, "not a valid URL");
		assert_null(strstr(err.text, "secret"));
	}
	assert_true(http_same_origin("http://[fe80::1%25a]/",
	    "http://[fe80::1%25a]/"));
	assert_false(http_same_origin("http://[fe80::1%25a]/",
	    "http://[fe80::1%25b]/"));
	assert_false(http_same_origin("http://[fe80::1%25a]/",
	    "http://[fe80::1]/"));
}

/* ---------------------------------------------- keys that are repeated */

static void
forget_secrets(struct http *some)
{
	size_t i;

	for (i = 0; i < HTTP_SECRETS; i++) {
		free(some->secrets[i]);
		some->secrets[i] = NULL;
	}
}

static void
test_the_key_is_hidden(void **state)
{
	static const char *const rows[][3] = {
		{ "k/y+0123456789", "k/y+0123456789", "***" },
		{ "k/y+0123456789", "a k/y+0123456789 b", "a *** b" },
		{ "k/y+0123456789", "k%2fy%2B%30123456789&", "***&" },
		{ "k/y+0123456789", "\"k\\/y\\u002b0123456789\"",
		    "\"***\"" },
		{ "k/y+0123456789", "K/Y+0123456789 K%2FY", "*** K%2FY" },
		/* Truncated, at the end or in the middle. */
		{ "k/y+0123456789", "x k/y+01", "x ***" },
		{ "k/y+0123456789", "x k/y+01 y", "x k/y+01 y" },
		{ "k/y+0123456789", "x k/y+0123 y", "x *** y" },
		{ "k/y+0123456789", "k/y+", "k/y+" },
		{ "k/y+0123456789", "%", "%" },
		{ "secret", "secretsecret", "******" },
		{ "short", "short", "short" },
		{ "", "", "" },
	};
	struct http some = { .n_idle = 0 };
	char *reported;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		struct http_settings settings = { .key = rows[i][0] };

		http_keep_secrets(&some, &settings);
		reported = http_hidden(&some, rows[i][1]);
		assert_string_equal(reported, rows[i][2]);
		free(reported);
		forget_secrets(&some);
	}
	/* As base64, and the password alone. */
	http_keep_secrets(&some, &(struct http_settings){
	    .key = "someone:secret word", .basic = true });
	reported = http_hidden(&some, "Basic c29tZW9uZTpzZWNyZXQgd29yZA== was "
	    "refused for secret word and SOMEONE:secret word");
	assert_string_equal(
	    reported, "Basic ***== was refused for *** and ***");
	free(reported);
	forget_secrets(&some);
	assert_null(http_hidden(&some, NULL));
	http_hide(NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_key_is_hidden),
		cmocka_unit_test(test_users_and_zones),
		cmocka_unit_test(test_what_drips_is_given_up),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_a_limit_of_nothing_is_none),
		cmocka_unit_test(test_a_limit_of_nothing_that_refuses),
		cmocka_unit_test(test_waits_that_others_than_refusals_ask_for),
		cmocka_unit_test(test_limits_that_failures_tell),
	};

	clock_skip_waits();
	return cmocka_run_group_tests_name("replies", tests, NULL, NULL);
}
