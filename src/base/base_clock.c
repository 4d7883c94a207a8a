#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base_clock.h"

static int64_t fixed_wall;
static bool is_fixed;
static int64_t skipped;
static bool is_skipping;

static int64_t
read_clock(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_ms(void)
{
	return read_clock(CLOCK_MONOTONIC) + skipped;
}

int64_t
clock_real(void)
{
	return read_clock(CLOCK_REALTIME) + skipped;
}

int64_t
clock_wall(void)
{
	return is_fixed ? fixed_wall : clock_real();
}

void
clock_fix(int64_t wall)
{
	fixed_wall = wall;
	is_fixed = true;
}

bool
clock_is_fixed(void)
{
	return is_fixed;
}

void
clock_skip_waits(void)
{
	is_skipping = true;
}

bool
clock_skips(void)
{
	return is_skipping;
}

void
clock_forward(int64_t ms)
{
	if (is_skipping && ms > 0)
		skipped += ms;
}

/* Format the second of ${wall} in UTC; return its milliseconds. */
static int
format(int64_t wall, const char *how, char *out, size_t capacity)
{
	int64_t ms = ((wall % 1000) + 1000) % 1000;
	time_t second = (time_t)((wall - ms) / 1000);
	struct tm tm;

	gmtime_r(&second, &tm);
	if (strftime(out, capacity, how, &tm) == 0)
		out[0] = '\0';
	return (int)ms;
}

void
clock_rfc3339(int64_t wall, char out[32])
{
	int ms = format(wall, "%Y-%m-%dT%H:%M:%S", out, 26);
	size_t len = strlen(out);

	snprintf(&out[len], 32 - len, ".%03dZ", ms);
}

void
clock_second(int64_t wall, char out[32])
{
	format(wall, "%Y-%m-%dT%H:%M:%SZ", out, 32);
}

void
clock_stamp(int64_t wall, char out[20])
{
	format(wall, "%Y%m%d-%H%M%S", out, 20);
}

/* Read exactly ${n} digits into ${*value}. */
static bool
digits(const char **text, int n, int *value)
{
	*value = 0;
	while (n-- > 0) {
		if (**text < '0' || **text > '9')
			return false;
		*value = *value * 10 + (*(*text)++ - '0');
	}
	return true;
}

static bool
skip(const char **text, const char *any_of)
{
	if (**text == '\0' || strchr(any_of, **text) == NULL)
		return false;
	(*text)++;
	return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t
days_from_epoch(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
	    day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

static bool
is_a_day(int year, int month, int day)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30,
	    31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month >= 1 && month <= 12 && day >= 1 &&
	    day <= lengths[month - 1] + (month == 2 && leap);
}

/* Read "Z", "+01:00", "-0330" or nothing: minutes east of UTC. */
static bool
zone(const char **text, int *east)
{
	int sign, hour, minute;

	*east = 0;
	if (**text == '\0' || skip(text, "Zz"))
		return true;
	sign = **text == '-' ? -1 : 1;
	if (!skip(text, "+-") || !digits(text, 2, &hour))
		return false;
	(void)skip(text, ":");
	if (!digits(text, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*east = sign * (hour * 60 + minute);
	return true;
}

int
clock_parse(const char *text, int64_t *wall)
{
	int year, month, day, hour = 0, minute = 0, second = 0, east = 0;
	int ms = 0, weight = 100;

	if (!digits(&text, 4, &year) || !skip(&text, "-") ||
	    !digits(&text, 2, &month) || !skip(&text, "-") ||
	    !digits(&text, 2, &day) || !is_a_day(year, month, day))
		return -1;
	if (*text != '\0') {
		if (!skip(&text, "Tt ") || !digits(&text, 2, &hour) ||
		    !skip(&text, ":") || !digits(&text, 2, &minute))
			return -1;
		if (skip(&text, ":") && !digits(&text, 2, &second))
			return -1;
		if (skip(&text, ".,")) {
			if (*text < '0' || *text > '9')
				return -1;
			for (; *text >= '0' && *text <= '9'; text++) {
				ms += weight * (*text - '0');
				weight /= 10;
			}
		}
		if (!zone(&text, &east) || *text != '\0')
			return -1;
	}
	if (hour > 23 || minute > 59 || second > 60)
		return -1;
	*wall = (((days_from_epoch(year, month, day) * 24 + hour) * 60 +
	    minute - east) * 60 + second) * 1000 + ms;
	return 0;
}
