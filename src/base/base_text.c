#include <openssl/evp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_mem.h"
#include "base/base_text.h"
#include "base/base_utf8.h"

void
text_init(struct text *text, size_t max)
{
	*text = (struct text){ .max = max };
}

void
text_release(struct text *text)
{
	free(text->data);
	text_init(text, text->max);
}

bool
text_equals(const struct text *one, const struct text *other)
{
	/* An empty text may have no memory. */
	return one->len == other->len && (one->len == 0 ||
	    memcmp(one->data, other->data, one->len) == 0);
}

void
text_clear(struct text *text)
{
	text->len = 0;
	text->over = false;
	if (text->data != NULL)
		text->data[0] = '\0';
}

char *
text_base64(const void *data, size_t len)
{
	char *out = mem_alloc(len / 3 * 4 + 5);

	EVP_EncodeBlock((unsigned char *)out, data, (int)len);
	return out;
}

char *
text_take(struct text *text)
{
	char *pos = text->data != NULL ? text->data : mem_text("");

	text_init(text, text->max);
	return pos;
}

/* Make room for ${more} bytes and a NUL, or set ${over}. */
static int
reserve(struct text *text, size_t more)
{
	if (text->over || more > text->max - text->len) {
		text->over = true;
		return -1;
	}
	text->data =
	    mem_need(text->data, text->len + more + 1, &text->capacity, 1);
	return 0;
}

int
text_add(struct text *text, const void *data, size_t len)
{
	if (reserve(text, len) == -1)
		return -1;
	if (len > 0)
		memcpy(&text->data[text->len], data, len);
	text->len += len;
	text->data[text->len] = '\0';
	return 0;
}

int
text_adds(struct text *text, const char *string)
{
	return text_add(text, string, strlen(string));
}

int
text_addc(struct text *text, char c)
{
	return text_add(text, &c, 1);
}

int
text_addf(struct text *text, const char *format, ...)
{
	char small[256];
	va_list ap;
	char *big;
	int n;

	va_start(ap, format);
	n = vsnprintf(small, sizeof(small), format, ap);
	va_end(ap);
	if (n < 0)
		return -1;
	if ((size_t)n < sizeof(small))
		return text_add(text, small, (size_t)n);
	big = mem_alloc((size_t)n + 1);
	va_start(ap, format);
	vsnprintf(big, (size_t)n + 1, format, ap);
	va_end(ap);
	n = text_add(text, big, (size_t)n);
	free(big);
	return n;
}

/*
 * The length of the UTF-8 character at ${data}; or 0 if it is malformed (RFC
 * 3629 section 4), or can control a terminal: move the cursor or change the
 * text direction (C1, U+061C, U+200E-F, U+2028-202E, U+2066-206F, U+FFF9-FFFB).
 */
static size_t
visible_char(const char *data, size_t len)
{
	size_t n = utf8_len(data, len);
	unsigned c;

	if (n == 0)
		return 0;
	utf8_char(data, len, &c);
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	    c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x206f) || (c >= 0xfff9 && c <= 0xfffb) ?
	    0 : n;
}

int
text_add_visible(struct text *text, const char *data, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		if ((n = visible_char(&data[i], len - i)) > 0) {
			if (text_add(text, &data[i], n) == -1)
				return -1;
			i += n;
		} else if (text_addf(text, "\\x%02x",
		    (unsigned char)data[i++]) == -1) {
			return -1;
		}
	}
	return 0;
}

int
text_add_percent(struct text *text, const char *data, size_t len,
    const char *keep)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || (c != '\0' && strchr(keep, c) != NULL);

		if ((plain ? text_addc(text, (char)c) :
		    text_addf(text, "%%%02X", c)) == -1)
			return -1;
	}
	return 0;
}

bool
text_is(struct span span, const char *string)
{
	return strlen(string) == span.len &&
	    memcmp(span.data, string, span.len) == 0;
}

/* A decimal number: its digits and exponent. */
struct decimal {
	int64_t digits;
	long point;		/* the power of 10 to multiply them by */
	size_t n;		/* digits read */
};

/* Read digits, of the fraction if ${behind}; false if there are too many. */
static bool
take_digits(const char **p, const char *end, bool behind,
    struct decimal *number)
{
	int digit;

	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		digit = **p - '0';
		number->n++;
		/* Past the precision, only zeros keep the value exact. */
		if (number->digits >= INT64_MAX / 10 - 1) {
			if (digit != 0)
				return false;
			number->point += !behind;
			continue;
		}
		number->digits = number->digits * 10 + digit;
		number->point -= behind;
	}
	return true;
}

/* Read an exponent; saturate it well past any that fits. */
static bool
take_power(const char **p, const char *end, long *power)
{
	bool is_less = *p < end && **p == '-';

	*power = 0;
	if (*p < end && (**p == '-' || **p == '+'))
		++*p;
	if (*p == end)
		return false;
	for (; *p < end && **p >= '0' && **p <= '9'; ++*p)
		if (*power < 100000)
			*power = *power * 10 + (**p - '0');
	if (is_less)
		*power = -*power;
	return true;
}

bool
text_is_formula(const char *data, size_t len)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b",
	    "\xef\xbc\x8d", "\xef\xbc\xa0" };
	size_t i;

	if (len == 0)
		return false;
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (len >= 3 && memcmp(data, wide[i], 3) == 0)
			return true;
	return *data != '\0' && strchr("=+-@\t\r\n", *data) != NULL;
}

int64_t
text_whole(const char *data, size_t len)
{
	const char *p = data, *end = data + len;
	struct decimal number = { 0, 0, 0 };
	long power = 0;

	if (!take_digits(&p, end, false, &number) || number.n == 0)
		return -1;
	if (p < end && *p == '.') {
		p++;
		if (!take_digits(&p, end, true, &number))
			return -1;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (!take_power(&p, end, &power))
			return -1;
	}
	if (p != end)
		return -1;
	if (number.digits == 0)
		return 0;
	for (power += number.point; power < 0; power++) {
		if (number.digits % 10 != 0)
			return -1;
		number.digits /= 10;
	}
	for (; power > 0; power--) {
		if (number.digits >= INT64_C(100000000000000000))
			return -1;
		number.digits *= 10;
	}
	return number.digits < INT64_C(1000000000000000000) ?
	    number.digits : -1;
}

void
text_human_bytes(unsigned long long bytes, char out[16])
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB" };
	double value = (double)bytes / 1000;
	size_t i = 0;

	if (bytes < 1000) {
		snprintf(out, 16, "%llu B", bytes);
		return;
	}
	while (value >= 999.95 && i < 4) {
		value /= 1000;
		i++;
	}
	snprintf(out, 16, "%.1f %s", value, units[i]);
}

void
text_human_count(unsigned long long n, char out[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", n);
	int i, o = 0;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[o++] = ',';
		out[o++] = digits[i];
	}
	out[o] = '\0';
}

void
text_human_time(long long ms, char out[24])
{
	long long s = ms / 1000;

	if (ms < 1000)
		snprintf(out, 24, "%lld ms", ms < 0 ? 0 : ms);
	else if (s < 60)
		snprintf(out, 24, "%lld.%lld s", s, ms % 1000 / 100);
	else if (s < 3600)
		snprintf(out, 24, "%lldm%02llds", s / 60, s % 60);
	else
		snprintf(out, 24, "%lldh%02lldm", s / 3600, s / 60 % 60);
}
