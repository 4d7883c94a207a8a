/*
 * Redacting the key: no message or file may contain it.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_internal.h"

#define SHORTEST 6	/* characters; a shorter key isn't hidden */
#define HIDDEN "***"

static bool
is_hex(const char *p, size_t n, unsigned char c)
{
	char digits[5] = "";
	size_t i;

	for (i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return false;
		digits[i] = p[i];
	}
	return strtoul(digits, NULL, 16) == c;
}

/*
 * Is the character ${c} at ${p}: plain, in the other case, percent-encoded or
 * with JSON's escapes?  Return the number of bytes, or 0.
 */
static size_t
match_one(const char *p, char c)
{
	unsigned char byte = (unsigned char)c;

	if (*p == '%' && is_hex(p + 1, 2, byte))
		return 3;
	if (*p == '\\' && p[1] == 'u' && is_hex(p + 2, 4, byte))
		return 6;
	if (*p == '\\' && p[1] == c && !isalnum(byte))
		return 2;
	return tolower((unsigned char)*p) == tolower(byte);
}

/*
 * Return how many bytes at ${p} are the key: all of it, at least half of it,
 * or its prefix at the end of the text, which may be truncated.
 */
static size_t
match(const char *p, const char *key)
{
	size_t len = strlen(key), i, n, offset = 0;

	for (i = 0; i < len; i++) {
		if ((n = match_one(p + offset, key[i])) == 0)
			break;
		offset += n;
	}
	return i >= SHORTEST && (i >= len - len / 2 || p[offset] == '\0')
		   ? offset
		   : 0;
}

/* A copy of a secret that is long enough to hide, new; or NULL. */
static char *
secret_of(const char *text)
{
	return text != NULL && strlen(text) >= SHORTEST ? mem_text(text) :
	    NULL;
}

void
http_keep_secrets(struct http *http, const struct http_settings *settings)
{
	const char *key = settings->key, *password;
	size_t len;

	if (key == NULL)
		return;
	http->secrets[0] = secret_of(key);
	if (http->secrets[0] != NULL)
		http->secrets[1] = text_base64(key, strlen(key));
	/* Servers may omit the padding. */
	len = http->secrets[1] != NULL ? strlen(http->secrets[1]) : 0;
	while (len > 0 && http->secrets[1][len - 1] == '=')
		http->secrets[1][--len] = '\0';
	password = settings->basic ? strchr(key, ':') : NULL;
	if (password != NULL)
		http->secrets[2] = secret_of(password + 1);
}

/* Return how many bytes at ${p} are a secret. */
static size_t
match_any(const struct http *http, const char *p)
{
	size_t i, n = 0;

	for (i = 0; i < HTTP_SECRETS && n == 0; i++)
		if (http->secrets[i] != NULL)
			n = match(p, http->secrets[i]);
	return n;
}

void
http_hide(const struct http *http, char *text)
{
	char *from = text, *to = text;
	size_t n;

	if (http == NULL || text == NULL)
		return;
	while (*from != '\0') {
		if ((n = match_any(http, from)) == 0) {
			*to++ = *from++;
			continue;
		}
		memcpy(to, HIDDEN, sizeof(HIDDEN) - 1);
		to += sizeof(HIDDEN) - 1;
		from += n;
	}
	*to = '\0';
}

char *
http_hidden(const struct http *http, const char *text)
{
	char *copy = text != NULL ? mem_text(text) : NULL;

	http_hide(http, copy);
	return copy;
}
