/*
 * Numbers and times, formatted for people.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* From here on, numbers are shown with four digits. */
#define TOO_LARGE 1e15

const char *
report_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

bool
report_numeric(const json_t *value, double *number)
{
	if (!json_is_number(value))
		return false;
	*number = json_number_value(value);
	return true;
}

void
report_add_decimal(double value, int digits, struct text *out)
{
	char plain[64];
	size_t i, whole;

	if (value >= TOO_LARGE || value <= -TOO_LARGE) {
		text_addf(out, "%.4g", value);
		return;
	}
	snprintf(plain, sizeof(plain), "%.*f", digits, value);
	if (plain[0] == '-' && strspn(plain, "-0.") == strlen(plain))
		memmove(plain, &plain[1], strlen(plain));
	i = plain[0] == '-';
	whole = i + strspn(&plain[i], "0123456789");
	for (i = 0; plain[i] != '\0'; i++) {
		if (i > 0 && i < whole && (whole - i) % 3 == 0 &&
		    plain[i - 1] != '-')
			text_addc(out, ',');
		text_addc(out, plain[i]);
	}
}

void
report_add_count(const json_t *value, struct text *out)
{
	char count[32];
	double number;

	if (json_is_integer(value)) {
		json_int_t n = json_integer_value(value);

		text_human_count(n < 0 ? -(unsigned long long)n :
		    (unsigned long long)n, count);
		text_addf(out, "%s%s", n < 0 ? "-" : "", count);
		return;
	}
	number = json_number_value(value);
	if (number > -TOO_LARGE && number < TOO_LARGE &&
	    number == (double)(int64_t)number)
		report_add_decimal(number, 0, out);
	else
		report_add_decimal(number, 1, out);
}

int
report_money_digits(double amount)
{
	double size = amount < 0 ? -amount : amount, step = 0.01;
	int digits = 4;

	if (size >= 1 || size == 0)
		return 2;
	for (; size < step && digits < 12; step /= 10)
		digits++;
	return digits;
}

void
report_add_money(double amount, int digits, const char *currency,
    struct text *out)
{
	if (amount < 0)
		text_addc(out, '-');
	if (strcmp(currency, "USD") == 0)
		text_addc(out, '$');
	else
		report_add_clean(currency, strlen(currency), 8, out);
	if (strcmp(currency, "USD") != 0 && currency[0] != '\0')
		text_addc(out, ' ');
	report_add_decimal(amount < 0 ? -amount : amount, digits, out);
}

void
report_add_ms(double ms, struct text *out)
{
	if (ms > 0 && ms < 0.5)
		text_adds(out, "<1");
	else
		report_add_decimal(ms, 0, out);
	text_adds(out, " ms");
}

void
report_add_long(double ms, struct text *out)
{
	const char *sign = ms < 0 ? "-" : "";
	double size = ms < 0 ? -ms : ms;
	int64_t s, tenths;

	if (size < 1000 || size >= TOO_LARGE) {
		report_add_ms(ms, out);
		return;
	}
	s = (int64_t)(size / 1000);
	tenths = (int64_t)(size / 100 + 0.5);
	if (s < 60 && tenths % 10 == 0)
		text_addf(out, "%s%d s", sign, (int)(tenths / 10));
	else if (s < 60)
		text_addf(out, "%s%d.%d s", sign, (int)(tenths / 10),
		    (int)(tenths % 10));
	else if (s < 3600)
		text_addf(out, "%s%dm%02ds", sign, (int)(s / 60),
		    (int)(s % 60));
	else if (s < 86400)
		text_addf(out, "%s%dh%02dm", sign, (int)(s / 3600),
		    (int)(s / 60 % 60));
	else
		text_addf(out, "%s%" PRId64 "d%02dh", sign, s / 86400,
		    (int)(s / 3600 % 24));
}

void
report_add_short(double value, struct text *out)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P" };
	size_t i = 0;

	for (; (value >= 1000 || value <= -1000) && i < 5; i++)
		value /= 1000;
	text_addf(out, "%.3g%s", value, units[i]);
}

/* Does ${time} begin like ${shape}, in which 0 stands for any digit? */
static bool
is_like(const char *time, const char *shape)
{
	for (; *shape != '\0'; time++, shape++)
		if (*shape == '0' ? *time < '0' || *time > '9' :
		    *time != *shape)
			return false;
	return true;
}

/* Find the seconds and the offset of a time; return false if it is none. */
static bool
cut_time(const char *time, const char **seconds, const char **offset)
{
	if (!is_like(time, "0000-00-00T00:00") &&
	    !is_like(time, "0000-00-00 00:00"))
		return false;
	*seconds = &time[16];
	*offset = &time[16 + (is_like(&time[16], ":00") ? 3 : 0)];
	if (**offset == '.')
		*offset += 1 + strspn(*offset + 1, "0123456789");
	return strlen(*offset) <= 6 &&
	    strspn(*offset, "Z+-:0123456789") == strlen(*offset);
}

void
report_add_time(const char *time, struct text *out)
{
	const char *seconds, *offset;

	if (!cut_time(time, &seconds, &offset)) {
		report_add_clean(time, strlen(time), 40, out);
		return;
	}
	text_addf(out, "%.10s %.5s", time, &time[11]);
	if (is_like(seconds, ":00") && memcmp(seconds, ":00", 3) != 0)
		text_addf(out, "%.3s", seconds);
	if (strcmp(offset, "Z") == 0 || strcmp(offset, "+00:00") == 0)
		text_adds(out, " UTC");
	else if (offset[0] != '\0')
		text_addf(out, " %s", offset);
}

void
report_add_bucket(const char *time, bool hour, struct text *out)
{
	const char *seconds, *offset;

	if (!cut_time(time, &seconds, &offset))
		report_add_clean(time, strlen(time), 160, out);
	else if (!hour && memcmp(&time[11], "00:00", 5) == 0)
		text_addf(out, "%.10s", time);
	else
		text_addf(out, "%.10s %.5s", time, &time[11]);
}
