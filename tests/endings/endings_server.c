/*
 * The made-up server: what it answers in the case at hand.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endings.h"

/* The number behind "${name}=" in the address, or ${otherwise}. */
static unsigned
parameter(const char *url, const char *name, unsigned otherwise)
{
	const char *p = strpbrk(url, "?&");
	size_t len = strlen(name);

	for (; p != NULL; p = strchr(p + 1, '&'))
		if (strncmp(p + 1, name, len) == 0 && p[1 + len] == '=') {
			p += len + 2;
			p += *p == 'c' || *p == 'e';
			return *p >= '0' && *p <= '9' ?
			    (unsigned)atoi(p) : 9999;
		}
	return otherwise;
}

/* How many rows a page has at most. */
static unsigned
page_size(const char *url)
{
	unsigned asked = parameter(url, "size", the.cap);

	return the.sizes && asked < the.cap ? asked : the.cap;
}

static bool
is_zero(const char *url)
{
	const char *p = strstr(url, "after=0");

	return p != NULL && (p[7] == '\0' || p[7] == '&');
}

static unsigned
first_row(const char *url)
{
	unsigned page;

	if (the.ignores)
		return 0;
	switch (the.style) {
	case NUMBER:
		page = parameter(url, "page", 1);
		return (page - 1) * page_size(url);
	case OFFSET:
		return parameter(url, "offset", 0);
	case SCROLL:
		if (strstr(url, "after=") == NULL)
			the.scrolled = 0;
		return the.scrolled;
	default:
		if (the.from_zero && strstr(url, "after=") != NULL)
			return parameter(url, "after", 0) + the.cap;
		/* What comes for the mark 0: nothing, or the first page. */
		if (is_zero(url) && the.beyond != B_LAST &&
		    the.beyond != B_FIRST)
			return the.n;
		return parameter(url, "after", 0);
	}
}

unsigned
endings_low(void)
{
	return the.breaks != R_NO ? the.breaks_at : the.n - the.n / 3;
}

static void
add_total(struct text *body)
{
	static const char *const forms[TOTALS] = { ",\"total\":%u", "",
	    ",\"total\":null", ",\"total\":\"%u\"", ",\"total\":{}",
	    ",\"total\":%u", ",\"total\":%u", ",\"total\":0",
	    ",\"total\":%u.0", ",\"total\":%u.0e+0", ",\"total\":-1",
	    ",\"total\":\"many\"" };
	unsigned n = the.n;

	if (the.total == T_LOW)
		n = endings_low();
	if (the.total == T_HIGH)
		n = the.n + 1 + the.n / 4;
	text_addf(body, forms[the.total], n);
}

static void
add_more(struct text *body, bool more)
{
	static const char *const forms[MORES] = { "", NULL, ",\"more\":true",
	    ",\"more\":false", ",\"more\":null", "", ",\"more\":\"x\"",
	    NULL, NULL };

	if (the.more == M_RIGHT)
		text_addf(body, ",\"more\":%s", more ? "true" : "false");
	else if (the.more == M_DIGIT)
		text_addf(body, ",\"more\":%d", more);
	else if (the.more == M_WORD)
		text_addf(body, ",\"more\":\"%s\"", more ? "True" :
		    "False");
	else
		text_adds(body, forms[the.more]);
}

/* What names the next page: a JSON value, or NULL for none at all. */
static const char *
next_value(unsigned first, unsigned end, char out[100])
{
	unsigned next = end;
	bool is_url = the.style == ADDRESS || the.style == LINK;

	if (the.last == N_MIDDLE && first > 0 && end < the.n)
		return "null";
	if (end >= the.n) {
		switch (the.last) {
		case N_ABSENT:
			return NULL;
		case N_NULL:
		case N_MIDDLE:
			return "null";
		case N_EMPTY:
			return "\"\"";
		case N_FALSE:
			return "false";
		case N_OBJECT:
			return "{\"x\":1}";
		case N_SAME:
			next = first;
			break;
		case N_RING:
			next = 0;
			break;
		case N_ALWAYS:
			next = end + 1;
			break;
		case N_ZERO:
			return the.empty_null ? "\"0\"" : "0";
		case LASTS:
			break;
		}
	}
	if (the.style == SCROLL)
		snprintf(out, 100, "\"s\"");
	else if (the.from_zero)
		snprintf(out, 100, the.style == HEADER ? "\"%u\"" : "%u",
		    next - the.cap);
	else
		snprintf(out, 100, is_url ? "\"http://h/rows?after=%c%u\"" :
		    "\"%c%u\"", the.hollow && end > first && end < the.n &&
		    end / the.cap % 2 == 1 ? 'e' : 'c', next);
	return out;
}

/* Say where the next page is, in the body or in a header. */
static void
add_next(struct http_reply *reply, unsigned first, unsigned end)
{
	char out[100];
	const char *next = next_value(first, end, out);

	if (the.style == CURSOR || the.style == SCROLL ||
	    the.style == ADDRESS) {
		if (next != NULL)
			text_addf(&reply->body, ",\"next\":%s", next);
	} else if (next != NULL && *next == '"' && the.style == HEADER) {
		reply->headers[0] = mem_copy(next + 1, strlen(next) - 2);
	} else if (next != NULL && *next == '"' && the.style == LINK &&
	    next[1] != '"') {
		reply->headers[0] = mem_format("<%.*s>; rel=\"next\"",
		    (int)strlen(next) - 2, next + 1);
	} else if (next != NULL) {
		/* A header can't be null. */
		reply->headers[0] = mem_text("");
	}
}

/* Nothing is there: say so in the way of the case.  Return the status. */
static int
answer_beyond(unsigned *first)
{
	switch (the.beyond) {
	case B_404:
		return 404;
	case B_400:
		return 400;
	case B_500:
		return 500;
	case B_LAST:
		*first = the.n > the.cap ? the.n - the.cap : 0;
		break;
	case B_FIRST:
		*first = 0;
		break;
	case B_EMPTY:
	case B_NULL:
	case B_ABSENT:
	case BEYONDS:
		break;
	}
	return 200;
}

/* The ms of the day that ${name} in the address says; or ${otherwise}. */
static unsigned
moment(const char *url, const char *name, unsigned otherwise)
{
	const char *p = strstr(url, name);
	unsigned h, m, s, ms = 0;

	if (p == NULL)
		return otherwise;
	p += strlen(name);
	if (strncmp(p, "2025-01-01T", 11) != 0)
		return strncmp(p, "2024", 4) == 0 ? 0 : otherwise;
	if (sscanf(p, "2025-01-01T%2u:%2u:%2u.%3u", &h, &m, &s, &ms) < 3)
		return otherwise;
	return (h * 3600 + m * 60 + s) * 1000 + (the.floors ? 0 : ms);
}

/* The newest rows from one time to another, at most the cap. */
static int
answer_interval(struct http_reply *reply)
{
	const char *url = reply->request.url;
	bool has_begin = strstr(url, "from=2025-01-01") != NULL;
	unsigned begin = moment(url, "from=", 0);
	unsigned end = moment(url, "to=", 86400000);
	unsigned i, n = 0, slot, time;

	text_adds(&reply->body, "{\"items\":[");
	for (i = 0; i < the.n && n < the.cap; i++) {
		slot = the.n - 1 - i;
		time = endings_time(slot);
		if (!the.ignores && (time < begin || time > end ||
		    (the.open_left && has_begin && time == begin) ||
		    (the.open_right && time == end)))
			continue;
		text_addf(&reply->body, "%s%s", n++ > 0 ? "," : "",
		    the.rows[slot]);
	}
	text_adds(&reply->body, "]}");
	return 200;
}

/* Put some rows in each other's place. */
static void
shuffle(void)
{
	char row[sizeof(the.rows[0])];
	unsigned n, one, other;

	for (n = endings_dice(4); n > 0 && the.n > 0; n--) {
		one = endings_dice(the.n);
		other = endings_dice(the.n);
		memcpy(row, the.rows[one], sizeof(row));
		memcpy(the.rows[one], the.rows[other], sizeof(row));
		memcpy(the.rows[other], row, sizeof(row));
	}
}

/* Add a row in front, while there is room. */
static void
grow(void)
{
	static unsigned n;
	unsigned i;

	if (the.n == MAX_ROWS || the.late[MAX_GROWTH - 1] ||
	    endings_dice(3) != 0)
		return;
	memmove(the.rows[1], the.rows[0], the.n * sizeof(the.rows[0]));
	memmove(&the.late[1], the.late, the.n * sizeof(the.late[0]));
	for (i = the.n; i > 0; i--)
		the.tie[i] = the.tie[i - 1] + 1;
	the.tie[0] = 0;
	the.late[0] = true;
	the.n++;
	snprintf(the.rows[0], sizeof(the.rows[0]), "{\"id\":\"n%u\"}", n++);
}

void
endings_shrink(void)
{
	char went[MAX_ROWS][sizeof(the.rows[0])];
	unsigned left = endings_dice(2) == 0 ? the.n : SIZE, i, n = 0;
	/* Times go by place; and only a total shows that rows moved up to
	 * pages which are there.  Otherwise, only the last ones may go. */
	bool any = the.style != INTERVAL && endings_tells_total() &&
	    endings_dice(2) == 0;

	if (the.n == 0 || the.ties || the.grows || the.shuffles ||
	    the.ignores || the.gone > 0)
		return;
	/* Equal ones without a key that came too often are there for good. */
	if ((the.keys == K_NONE || the.keys == K_EMPTY ||
	    the.keys == K_SAME) && !endings_is_honest())
		return;
	left = endings_dice((left < the.n ? left : the.n) + 1);
	for (i = 0; i < the.n; i++) {
		if (n < left && (!any || endings_dice(the.n) < left))
			memmove(the.rows[n++], the.rows[i],
			    sizeof(the.rows[0]));
		else
			memcpy(went[the.gone++], the.rows[i],
			    sizeof(the.rows[0]));
	}
	the.n = n;
	memcpy(the.rows[n], went, the.gone * sizeof(the.rows[0]));
}

/* Which row stands at place ${i} for a page that begins at ${first}? */
static unsigned
placed(unsigned first, unsigned i)
{
	unsigned end = i;

	if (!the.ties || first / the.cap % 2 == 0)
		return i;
	while (end + 1 < the.n && the.tie[end + 1] == the.tie[i])
		end++;
	return the.tie[i] + (end - i);
}

int
endings_answer(struct http_reply *reply)
{
	const char *url = reply->request.url;
	struct text *body = &reply->body;
	unsigned first = first_row(url), end, i, status = 200;

	the.requests++;
	if (the.grows)
		grow();
	if (the.style == INTERVAL)
		return answer_interval(reply);
	if (the.breaks != R_NO && first >= the.breaks_at && first < the.n) {
		if (the.breaks == R_503)
			return 503;
		if (the.breaks == R_500)
			return 500;
		text_adds(body, the.breaks == R_ERROR ? "{\"items\":[],"
		    "\"error\":{\"message\":\"x\"}" :
		    "{\"errors\":[\"x\"],\"items\":[]");
		add_total(body);
		text_addc(body, '}');
		return 200;
	}
	if (first > 0 && first >= the.n)
		status = (unsigned)answer_beyond(&first);
	if (status != 200) {
		text_adds(body, "{\"error\":\"x\"}");
		return (int)status;
	}
	end = the.style == ONE ? the.n : strstr(url, "after=e") != NULL ?
	    first : first + page_size(url);
	if (end > the.n)
		end = the.n;
	if (the.style == SCROLL)
		the.scrolled = end;
	text_addc(body, '{');
	if (first >= the.n && the.beyond == B_NULL)
		text_adds(body, "\"items\":null");
	else if (first >= the.n && the.beyond == B_ABSENT)
		text_adds(body, "\"x\":1");
	else
		text_adds(body, "\"items\":[");
	if (the.shuffles)
		shuffle();
	for (i = first; i < end; i++)
		text_addf(body, "%s%s", i > first ? "," : "",
		    the.rows[placed(first, i)]);
	if (body->data[body->len - 1] == '[' || i > first)
		text_addc(body, ']');
	add_total(body);
	add_more(body, end < the.n);
	if (the.style != NUMBER && the.style != OFFSET && the.style != ONE)
		add_next(reply, first, end > first ? end : first);
	text_addc(body, '}');
	return 200;
}
