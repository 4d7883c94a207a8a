#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A growing buffer of text or bytes with a maximum size.  Once an addition
 * does not fit, it and all later ones are dropped and ${over} is set, so that
 * a writer need check only once, at the end.  ${data} has a NUL at ${len}.
 */
struct text {
	char *data;
	size_t len;
	size_t capacity;
	size_t max;
	bool over;
};

/* Borrowed bytes. */
struct span {
	const char *data;
	size_t len;
};

/** text_init(text, max): Make ${text} empty, with a maximum of ${max} bytes. */
void text_init(struct text *, size_t);

/** text_release(text): Free the memory of ${text} and make it empty. */
void text_release(struct text *);

/** text_equals(one, other): Do both hold the same bytes? */
bool text_equals(const struct text *, const struct text *);

/** text_clear(text): Make ${text} empty but keep its memory. */
void text_clear(struct text *);

/** text_base64(data, len): Return the bytes as base64 (RFC 4648), new. */
char *text_base64(const void *, size_t);

/** text_take(text): Return the bytes, new; ${text} is empty afterwards. */
char *text_take(struct text *);

/** text_add(text, data, len): Add bytes.  Return 0, or -1 if they don't fit. */
int text_add(struct text *, const void *, size_t);

/** text_adds(text, string): Add a string.  Return as text_add(). */
int text_adds(struct text *, const char *);

/** text_addc(text, c): Add one byte.  Return as text_add(). */
int text_addc(struct text *, char);

/** text_addf(text, format, ...): Add formatted text.  As text_add(). */
int text_addf(struct text *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * text_add_visible(text, data, len):
 * Add untrusted bytes, safe to show on a terminal: control characters and
 * invalid UTF-8 are written as \xNN.
 */
int text_add_visible(struct text *, const char *, size_t);

/**
 * text_add_percent(text, data, len, keep):
 * Add bytes percent-encoded (RFC 3986 section 2.1), except for letters,
 * digits, "-", ".", "_" and the characters in ${keep}.
 */
int text_add_percent(struct text *, const char *, size_t, const char *);

/** text_is(span, string): Do the bytes at ${span} equal ${string}? */
bool text_is(struct span, const char *);

/**
 * text_is_formula(data, len):
 * Could a spreadsheet interpret the text as a formula?  It begins with "=",
 * "+", "-" or "@", one of their full-width forms (U+FF1D, U+FF0B, U+FF0D,
 * U+FF20), a tab or a line break.
 */
bool text_is_formula(const char *, size_t);

/**
 * text_whole(data, len):
 * Parse a JSON number (250, 250.0, 2.5e2) that is an integer from 0 to below
 * 10^18, and return it; or return -1.
 */
int64_t text_whole(const char *, size_t);

/** text_human_bytes(bytes, out): Write as "12.3 MB" (base 1000). */
void text_human_bytes(unsigned long long, char [16]);

/** text_human_count(n, out): Write ${n} with commas: "1,234,567". */
void text_human_count(unsigned long long, char [32]);

/** text_human_time(ms, out): Write a duration: "850 ms", "12 s", "3m05s". */
void text_human_time(long long, char [24]);

#endif
