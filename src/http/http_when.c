/*
 * Parsing the times in headers, in all the forms that servers use.
 *
 * Retry-After: seconds or an HTTP date (RFC 9110, section 10.2.3); some send
 * a fraction, or the time as seconds or milliseconds since 1970.  Resets of
 * X-RateLimit-Reset, RateLimit-Reset and the like: seconds from now, seconds
 * or milliseconds since 1970 (GitHub), a duration ("6m0s", "20ms": OpenAI),
 * ISO 8601 with a zone (Anthropic), or what JavaScript prints of a Date ("Thu
 * Nov 26 2026 10:00:00 GMT+0000 (Coordinated Universal Time)").
 *
 * An absolute time is compared with the server's clock if its reply has a Date:
 * the two machines' clocks may differ.
 *
 * A number is a time since 1970 if it is within about ten years of now; as a
 * duration in seconds it would be decades.  Anything else is invalid.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http_internal.h"

#define AWAY INT64_C(1000000000000)	/* practically never */
#define NEAR_MS INT64_C(315360000000)	/* ten years */
#define MIN_EPOCH 946684800e3	/* the year 2000, in ms */
#define DATE_LAST INT64_C(253402300800)	/* the year 10000 */

static int64_t
until(int64_t wall, int64_t now)
{
	return wall > now ? wall - now : 0;
}

static bool
is_near(double wall, int64_t now)
{
	double away = wall - (double)now;

	return wall >= MIN_EPOCH && away < (double)NEAR_MS &&
	    -away < 3.0 * (double)NEAR_MS;
}

/* "6m0s", "1.5s", "20ms", "1h2m": the entire text must match; or -1. */
static int64_t
duration(const char *text)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = { { "ms", 1 }, { "d", 86400e3 }, { "h", 3600e3 },
	    { "m", 60e3 }, { "s", 1e3 } };
	double sum = 0, value;
	char *end;
	size_t i;

	if (*text == '\0')
		return -1;
	while (*text != '\0') {
		if (*text < '0' || *text > '9')
			return -1;
		value = strtod(text, &end);
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strncmp(end, units[i].name,
			    strlen(units[i].name)) == 0)
				break;
		if (i == sizeof(units) / sizeof(units[0]))
			return -1;
		sum += value * units[i].ms;
		text = end + strlen(units[i].name);
	}
	return sum < (double)AWAY ? (int64_t)sum : AWAY;
}

/* "Thu Nov 26 2026 10:00:00 GMT+0100 (...)": ms since 1970, or -1. */
static int64_t
javascript(const char *text)
{
	char month[4], day[4], plain[64];
	int date, year, hour, minute, second, zone, used = 0;
	char sign;
	time_t when;

	if (sscanf(text, "%3[A-Za-z] %3[A-Za-z] %2d %4d %2d:%2d:%2d GMT%c%4d"
	    "%n", day, month, &date, &year, &hour, &minute, &second, &sign,
	    &zone, &used) != 9 || (sign != '+' && sign != '-') ||
	    (text[used] != '\0' && strncmp(&text[used], " (", 2) != 0))
		return -1;
	snprintf(plain, sizeof(plain), "%02d %s %04d %02d:%02d:%02d %c%04d",
	    date, month, year, hour, minute, second, sign, zone);
	when = curl_getdate(plain, NULL);
	return when == -1 ? -1 : (int64_t)when * 1000;
}

/* Only digits and a fraction, perhaps after a plus. */
static bool
number(const char *text, double *value)
{
	size_t n;
	char *end;

	text += *text == '+';
	n = strspn(text, "0123456789");
	if (n == 0)
		return false;
	if (text[n] == '.')
		n += 1 + strspn(&text[n + 1], "0123456789");
	if (text[n] != '\0')
		return false;
	*value = strtod(text, &end);
	return true;
}

/* Does it have a zone ("Z", "+01:00")?  Without one it is ambiguous. */
static bool
has_zone(const char *text)
{
	size_t n = strlen(text);

	return text[n - 1] == 'Z' || text[n - 1] == 'z' ||
	    (n > 19 && strpbrk(&text[19], "+-") != NULL);
}

/* Three letters in a row: the name of a month. */
static bool
has_name(const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n < 3; text++)
		n = (*text | 0x20) >= 'a' && (*text | 0x20) <= 'z' ?
		    n + 1 : 0;
	return n == 3;
}

int64_t
http_date(const char *text)
{
	time_t when;

	/* A date has the name of a day or month, and a time. */
	if (strchr(text, ':') == NULL || strchr(text, '(') != NULL ||
	    !has_name(text) || (when = curl_getdate(text, NULL)) == -1)
		return -1;
	if (when < 0)
		return 0;
	return (int64_t)when > DATE_LAST ? AWAY + DATE_LAST * 1000 :
	    (int64_t)when * 1000;
}

int64_t
http_when(const char *text, int64_t now)
{
	char copy[128];
	double value;
	int64_t wall;
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	if (n >= 2 && text[0] == '"' && text[n - 1] == '"') {
		text++;
		n -= 2;
	}
	if (n == 0 || n >= sizeof(copy))
		return -1;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (number(copy, &value)) {
		if (is_near(value, now))
			return until((int64_t)value, now);
		if (is_near(value * 1000, now))
			return until((int64_t)(value * 1000), now);
		return value * 1000 < (double)AWAY ?
		    (int64_t)(value * 1000 + 0.999) : AWAY;
	}
	if (*copy >= '0' && *copy <= '9' && (wall = duration(copy)) != -1)
		return wall;
	if (strlen(copy) > 10 && clock_parse(copy, &wall) == 0)
		return has_zone(copy) ? until(wall, now) : -1;
	if ((wall = javascript(copy)) != -1 || (wall = http_date(copy)) != -1)
		return until(wall, now);
	return -1;
}
