/*
 * Parsing the headers that report when to retry and how many requests are left:
 *
 *	Retry-After (RFC 9110), Retry-After-Ms, X-MS-Retry-After-Ms
 *	X-RateLimit-Limit, -Remaining, -Reset; without the X-; Rate-Limit-...;
 *	x-ratelimit-...-requests (OpenAI); anthropic-ratelimit-requests-...
 *	RateLimit: "default";r=50;t=30, RateLimit-Policy: "default";q=100;w=60
 *	    (draft-ietf-httpapi-ratelimit-headers-07 on)
 *	RateLimit: limit=100, remaining=50, reset=30 (an older draft)
 *
 * They are parsed once all have arrived: absolute times are compared with the
 * server's clock, from its Date header, or else with the local clock.
 *
 * An unambiguous time is obeyed; of several, the latest.  Otherwise it is
 * ignored, with one log line per header name, if:
 *
 *	it cannot be parsed;
 *	it is more than a year away;
 *	it is a reset in bare numbers, and more than a day in seconds: some
 *	servers send milliseconds;
 *	it is more than --max-wait away, and the reply is not a refusal: a
 *	successful reply must not end a run;
 *	it comes with a limit of 0 or less, and the reply is not a refusal.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http_internal.h"

#define YEAR_MS INT64_C(31622400000)
#define DAY_S 86400

/* A time in a header, and the header's text for messages. */
struct reported_time {
	const char *name;
	const char *value;
	bool is_reset;
	double unit;		/* unit of a bare number, in ms */
	int64_t wall;		/* the server's time, in ms */
};

static void
quote(const struct transfer *transfer, char reported[QUOTE_MAX],
    const char *name, const char *value)
{
	struct text text;

	text_init(&text, 4096);
	(void)text_add_visible(&text, name, strlen(name));
	text_adds(&text, ": ");
	(void)text_add_visible(&text, value, strlen(value));
	http_hide(transfer->http, text.data);
	snprintf(reported, QUOTE_MAX, "%.*s", QUOTE_MAX - 1, text.data);
	text_release(&text);
}

/* Log one line per header name. */
static void
ignore(struct transfer *transfer, const char *name, const char *reported,
    const char *why)
{
	struct http *http = transfer->http;
	char *lower = mem_text(name), *p, message[300];
	char *url = http_hidden(http, transfer->url);

	for (p = lower; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	if (set_add(http->ignored, lower, strlen(lower))) {
		snprintf(message, sizeof(message), "the server says \"%s\", "
		    "which is ignored: %s", reported, why);
		log_event(http->settings.log, LOG_WARN, "http", message,
		    "resource", transfer->reply.request.what, "url", url,
		    NULL);
	}
	free(url);
	free(lower);
}

static bool
is_bare_number(const char *value)
{
	value += *value == '+';
	return value[strspn(value, "0123456789.")] == '\0';
}

/* Return the ms from now of one ${value}; or -1, and ${why}. */
static int64_t
read_one(const struct reported_time *time, const char *value, const char **why)
{
	int64_t ms = http_when(value, time->wall);
	bool is_bare = is_bare_number(value);
	double number = is_bare ? strtod(value, NULL) : 0;

	if (ms >= 0 && time->unit < 1000 && is_bare)
		ms = number < (double)YEAR_MS ?
		    (int64_t)(number * time->unit) : INT64_MAX;
	if (ms < 0)
		*why = "it is not a valid time";
	else if (time->is_reset && is_bare && number > DAY_S && ms > 0 &&
	    (double)ms >= number * 1000)
		*why = "it could be seconds or milliseconds";
	else if (ms > YEAR_MS)
		*why = "it is more than a year away";
	else
		return ms;
	return -1;
}

static void
trim(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		text[--n] = '\0';
}

/*
 * Headers of one name form a list ("5, 10"); a date may also contain a comma.
 * Return the latest time; or -1, with ${why} set, if one cannot be parsed.
 */
static int64_t
read_list(const struct reported_time *time, const char **why)
{
	const char *p = time->value, *end;
	int64_t latest = -1, ms = -1;
	char *one;
	int commas;

	while (*(p += strspn(p, ", \t")) != '\0') {
		for (end = p, commas = 0; commas < 2 && *end != '\0';
		    commas++) {
			end += (*end == ',') + strcspn(end + (*end == ','),
			    ",");
			one = mem_copy(p, (size_t)(end - p));
			trim(one);
			ms = read_one(time, one, why);
			free(one);
			if (ms >= 0)
				break;
		}
		if (ms < 0)
			return -1;
		latest = ms > latest ? ms : latest;
		p = end;
	}
	return latest;
}

/* Return the time in ms from now; or -1, after logging why. */
static int64_t
read_time(struct transfer *transfer, const struct reported_time *time)
{
	const char *why = "it is not a valid time";
	char reported[QUOTE_MAX];
	int64_t ms = read_list(time, &why);

	if (ms >= 0)
		return ms;
	quote(transfer, reported, time->name, time->value);
	ignore(transfer, time->name, reported, why);
	return -1;
}

/* Of several times, obey the latest. */
static void
take_retry(struct transfer *transfer, const struct reported_time *time)
{
	int64_t ms = read_time(transfer, time);

	if (ms < 0 || ms <= transfer->retry_after)
		return;
	transfer->retry_after = ms;
	quote(transfer, transfer->retry_text, time->name, time->value);
}

static void
take_reset(struct transfer *transfer, const struct reported_time *time)
{
	struct reported *reported = &transfer->report;
	int64_t ms = read_time(transfer, time);

	if (ms < 0 || ms <= reported->reset)
		return;
	reported->reset = ms;
	quote(transfer, reported->reported, time->name, time->value);
}

static void
take_min(int64_t *count, int64_t reported)
{
	if (reported >= 0 && (*count < 0 || reported < *count))
		*count = reported;
}

/* A limit of 0 is meaningless; prefer any other. */
static void
take_limit(const struct transfer *transfer, struct reported *reported,
    int64_t limit, const struct reported_time *by)
{
	if (limit < 0 || (limit == 0 && reported->limit > 0) ||
	    (limit > 0 && reported->limit > 0 && limit >= reported->limit))
		return;
	reported->limit = limit;
	quote(transfer, reported->limit_text, by->name, by->value);
}

static void
take_members(struct transfer *transfer, const struct reported_time *time)
{
	struct reported *reported = &transfer->members;
	struct member member, tight = { reported->left, -1, -1 };
	const char *p = time->value + strspn(time->value, ", \t");
	char seconds[32];
	int64_t ms;

	while (*p != '\0') {
		p = members_next(p, &member);
		take_limit(transfer, reported, member.limit, time);
		if (members_is_tighter(&member, &tight))
			tight = member;
	}
	if (tight.reset_s < 0)
		return;
	snprintf(seconds, sizeof(seconds), "%lld", (long long)tight.reset_s);
	ms = read_time(transfer, &(struct reported_time){ time->name, seconds,
	    false, 1000, time->wall });
	if (ms < 0)
		return;
	reported->left = tight.left;
	reported->reset = ms;
	quote(transfer, reported->reported, time->name, time->value);
}

/* ------------------------------------------------------------- the names */

enum what { RETRY_AFTER, LIMIT, LEFT, RESET, MEMBERS, DATE, AGE };

static const struct {
	const char *name;	/* without "X-" and "Anthropic-" */
	enum what what;
	double unit;
} names[] = {
	{ "retry-after", RETRY_AFTER, 1000 },
	{ "retry-after-ms", RETRY_AFTER, 1 },
	{ "ms-retry-after-ms", RETRY_AFTER, 1 },
	{ "ratelimit-limit", LIMIT, 0 },
	{ "ratelimit-remaining", LEFT, 0 },
	{ "ratelimit-reset", RESET, 1000 },
	{ "ratelimit-reset-after", RESET, 1000 },
	{ "rate-limit-limit", LIMIT, 0 },
	{ "rate-limit-remaining", LEFT, 0 },
	{ "rate-limit-reset", RESET, 1000 },
	{ "ratelimit-limit-requests", LIMIT, 0 },
	{ "ratelimit-remaining-requests", LEFT, 0 },
	{ "ratelimit-reset-requests", RESET, 1000 },
	{ "ratelimit-requests-limit", LIMIT, 0 },
	{ "ratelimit-requests-remaining", LEFT, 0 },
	{ "ratelimit-requests-reset", RESET, 1000 },
	{ "ratelimit", MEMBERS, 0 },
	{ "ratelimit-policy", MEMBERS, 0 },
	{ "date", DATE, 0 },
	{ "age", AGE, 0 },
};
#define NAMES (sizeof(names) / sizeof(names[0]))

/* Return which of ${names} it is, or NAMES. */
static size_t
find_name(const char *name)
{
	size_t i;

	if (strncasecmp(name, "x-", 2) == 0)
		name += 2;
	else if (strncasecmp(name, "anthropic-", 10) == 0)
		name += 10;
	for (i = 0; i < NAMES; i++)
		if (strcasecmp(name, names[i].name) == 0)
			break;
	return i;
}

void
reported_header(struct transfer *transfer, const char *name, const char *value)
{
	if (find_name(name) == NAMES)
		return;
	(void)text_add(&transfer->reported, name, strlen(name) + 1);
	(void)text_add(&transfer->reported, value, strlen(value) + 1);
	transfer->reported_at = clock_ms();
}

/* Return the least number in a list, like "X-RateLimit-Remaining: 5, 0". */
static int64_t
min_count(const char *value)
{
	int64_t min = -1;

	for (; value != NULL; value = strchr(value, ',')) {
		value += strspn(value, ", \t");
		take_min(&min, quota_count(value));
	}
	return min;
}

static void
read_header(struct transfer *transfer, struct reported_time *time)
{
	size_t i = find_name(time->name);

	time->unit = names[i].unit;
	time->is_reset = names[i].what == RESET;
	switch (names[i].what) {
	case RETRY_AFTER:
		take_retry(transfer, time);
		break;
	case LIMIT:
		take_limit(transfer, &transfer->report,
		    members_limit(time->value), time);
		break;
	case LEFT:
		take_min(&transfer->report.left, min_count(time->value));
		break;
	case RESET:
		take_reset(transfer, time);
		break;
	case MEMBERS:
		take_members(transfer, time);
		break;
	case DATE:
	case AGE:
		break;
	}
}

/* Return the kept header after ${p}, or NULL. */
static const char *
next_reported(const struct transfer *transfer, const char *p)
{
	p += strlen(p) + 1;
	p += strlen(p) + 1;
	return p < transfer->reported.data + transfer->reported.len ? p : NULL;
}

/*
 * The server's time: the Date of the reply, plus the Age if a cache stored it.
 */
static int64_t
server_wall(const struct transfer *transfer)
{
	int64_t date = -1, age = 0, since;
	const char *p;

	for (p = transfer->reported.data; p != NULL;
	     p = next_reported(transfer, p)) {
		if (strcasecmp(p, "date") == 0)
			date = http_date(p + strlen(p) + 1);
		else if (strcasecmp(p, "age") == 0)
			age = quota_count(p + strlen(p) + 1);
	}
	if (date < 0)
		return clock_real();
	/* A Date has a resolution of one second. */
	since = (clock_ms() - transfer->reported_at) / 1000;
	return date + ((age > 0 ? age : 0) + since) * 1000;
}

void
reported_read(struct transfer *transfer)
{
	struct reported_time time;
	int64_t wall;
	const char *p;

	if (transfer->reported.len == 0)
		return;
	wall = server_wall(transfer);
	for (p = transfer->reported.data; p != NULL;
	     p = next_reported(transfer, p)) {
		time = (struct reported_time){ .name = p,
		    .value = p + strlen(p) + 1, .wall = wall };
		read_header(transfer, &time);
	}
	text_clear(&transfer->reported);
}

/* ------------------------------------------- when the reply is complete */

/* Log that all requests wait because no requests are left. */
static void
log_used_up(
    struct transfer *transfer, const struct reported *reported, int64_t wait)
{
	char human[24], message[300];
	char *url = http_hidden(transfer->http, transfer->url);

	text_human_time(wait, human);
	snprintf(message, sizeof(message), "the server says that no requests "
	    "are left (%s): waiting %s", reported->reported, human);
	log_event(transfer->http->settings.log, LOG_INFO, "http", message,
	    "resource", transfer->reply.request.what, "url", url, NULL);
	free(url);
}

static void
ignore_reported(
    struct transfer *transfer, const char *reported, const char *why)
{
	char name[QUOTE_MAX];

	snprintf(
	    name, sizeof(name), "%.*s", (int)strcspn(reported, ":"), reported);
	ignore(transfer, name, reported, why);
}

/* A server that reports a limit of 0 but served this has no such limit. */
static void
ignore_no_limit(struct transfer *transfer, struct reported *reported)
{
	if (reported->limit != 0)
		return;
	ignore_reported(transfer, reported->limit_text,
	    "the server serves more than "
	    "that limit");
	reported->limit = reported->left = reported->reset = -1;
}

/* A successful reply must not end the run because of its reset. */
static void
ignore_far(struct transfer *transfer, struct reported *reported)
{
	if (reported->reset <= transfer->http->settings.max_wait_ms)
		return;
	ignore_reported(transfer, reported->reported,
	    "it is longer than --max-wait, and "
	    "the reply is not a refusal");
	reported->reset = -1;
}

/* A refusal with a reset but no Retry-After: retry at the reset. */
static void
take_for_retry(struct transfer *transfer, const struct reported *reported)
{
	if (reported->left > 0 || reported->reset <= transfer->retry_after)
		return;
	transfer->retry_after = reported->reset;
	memcpy(transfer->retry_text, reported->reported, QUOTE_MAX);
}

void
reported_failed(struct transfer *transfer)
{
	if (transfer->retry_after >= 0)
		return;
	take_for_retry(transfer, &transfer->report);
	take_for_retry(transfer, &transfer->members);
}

void
reported_finish(struct transfer *transfer, int64_t now)
{
	struct reported *each[] = { &transfer->report, &transfer->members };
	struct limit *limit = &transfer->http->limit;
	bool is_refusal, has_retry;
	int64_t blocked;
	size_t i;

	reported_read(transfer);
	is_refusal = http_is_refusal(transfer);
	has_retry = transfer->retry_after >= 0;
	if (transfer->reply.status == 0) {
		limit_unreported(limit);
		return;
	}
	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		if (!is_refusal) {
			ignore_no_limit(transfer, each[i]);
			ignore_far(transfer, each[i]);
		} else if (!has_retry) {
			take_for_retry(transfer, each[i]);
		}
		blocked = limit_reported(limit, each[i], now);
		if (blocked >= 0)
			log_used_up(transfer, each[i], blocked);
	}
}
