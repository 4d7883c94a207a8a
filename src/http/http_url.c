/*
 * URLs: the server's, and those of links and redirects.
 */

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_internal.h"

static char *
part(CURLU *url, CURLUPart which)
{
	char *text = NULL;

	if (curl_url_get(url, which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return NULL;
	return text;
}

static bool
has_part(CURLU *url, CURLUPart which)
{
	char *text = part(url, which);
	bool has = text != NULL && *text != '\0';

	curl_free(text);
	return has;
}

static int
check_parts(CURLU *url, const char *text, struct err *err)
{
	char *scheme = part(url, CURLUPART_SCHEME);
	bool web = scheme != NULL && (strcmp(scheme, "http") == 0 ||
	    strcmp(scheme, "https") == 0);

	curl_free(scheme);
	if (!web)
		return err_set(err, ERR_USAGE, "the server's address must "
		    "begin with https:// or http://");
	if (has_part(url, CURLUPART_USER) || has_part(url,
	    CURLUPART_PASSWORD))
		return err_set(err, ERR_USAGE, "the server's address has a "
		    "user or password in it; leave it out, and give the key "
		    "in its own variable");
	if (strpbrk(text, "?#") != NULL)
		return err_set(err, ERR_USAGE, "the server's address has a "
		    "\"?\" or \"#\" in it; end it with the API's version, "
		    "like https://api.example.com/v5");
	return 0;
}

char *
http_check_server(const char *text, struct err *err)
{
	CURLU *url;
	char *copy;
	const char *host = strchr(text, ':');
	size_t len;

	if (host == NULL || strncmp(host, "://", 3) != 0) {
		err_set(err, ERR_USAGE, "the server's address \"%.60s\" has "
		    "no scheme; write https://... or http://...", text);
		return NULL;
	}
	/* Even an empty user counts, wherever libcurl sees the host begin. */
	host += 3;
	host += strspn(host, "/");
	if (memchr(host, '@', strcspn(host, "/")) != NULL) {
		err_set(err, ERR_USAGE, "the server's address has a user or "
		    "password in it; leave it out, and give the key in its "
		    "own variable");
		return NULL;
	}
	for (len = 0; text[len] != '\0'; len++) {
		if ((unsigned char)text[len] <= ' ' || text[len] == 0x7f) {
			err_set(err, ERR_USAGE, "the server's address has a "
			    "space or control character in it");
			return NULL;
		}
	}
	if ((url = curl_url()) == NULL) {
		err_set(err, ERR_INTERNAL, "libcurl failed to create a URL "
		    "handle");
		return NULL;
	}
	copy = NULL;
	if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
		err_set(err, ERR_USAGE, "the server's address is not valid: "
		    "expected something like https://api.example.com/v5");
	else if (check_parts(url, text, err) == 0)
		copy = mem_text(text);
	curl_url_cleanup(url);
	for (len = copy != NULL ? strlen(copy) : 0;
	    len > 0 && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	return copy;
}

int
http_check_key(const char *key, struct err *err)
{
	const unsigned char *p;

	if (*key == '"' || *key == '\'' || *key == '`')
		return err_set(err, ERR_USAGE, "begins with a quotation mark, "
		    "which would be sent too; remove it");
	for (p = (const unsigned char *)key; *p != '\0'; p++) {
		if (*p == ' ' || *p == '\t')
			return err_set(err, ERR_USAGE, "has a space in it");
		if (*p == '\n' || *p == '\r')
			return err_set(err, ERR_USAGE, "has a line break in "
			    "it");
		if (*p < ' ' || *p >= 0x7f)
			return err_set(err, ERR_USAGE, "has a character in "
			    "it that is not allowed in a key");
	}
	return 0;
}

int
http_check_header(const char *value, struct err *err)
{
	const unsigned char *p;

	for (p = (const unsigned char *)value; *p != '\0'; p++)
		if ((*p < ' ' && *p != '\t') || *p == 0x7f)
			return err_set(err, ERR_USAGE, "has a character in "
			    "it that is not allowed in a header");
	return 0;
}

bool
http_is_coding(const char *value)
{
	static const char *const known[] = { "identity", "gzip", "x-gzip",
	    "deflate", "br", "zstd" };
	size_t n, i;

	for (value += strspn(value, " \t,"); *value != '\0';
	    value += strspn(value, " \t,")) {
		n = strcspn(value, " \t,");
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strlen(known[i]) == n &&
			    strncasecmp(value, known[i], n) == 0)
				break;
		if (i == sizeof(known) / sizeof(known[0]))
			return false;
		value += n;
	}
	return true;
}

static bool
same_part(CURLU *a, CURLU *b, CURLUPart which)
{
	char *one = part(a, which), *other = part(b, which);
	bool same = one != NULL && other != NULL &&
	    strcasecmp(one, other) == 0;

	curl_free(one);
	curl_free(other);
	return same;
}

/* A link-local address names its interface: "fe80::1%eth0". */
static bool
same_zone(CURLU *a, CURLU *b)
{
	char *one = part(a, CURLUPART_ZONEID);
	char *other = part(b, CURLUPART_ZONEID);
	bool same = one == NULL || other == NULL ? one == other :
	    strcmp(one, other) == 0;

	curl_free(one);
	curl_free(other);
	return same;
}

bool
http_same_origin(const char *a, const char *b)
{
	CURLU *one = curl_url(), *other = curl_url();
	bool same = one != NULL && other != NULL &&
	    curl_url_set(one, CURLUPART_URL, a, 0) == CURLUE_OK &&
	    curl_url_set(other, CURLUPART_URL, b, 0) == CURLUE_OK &&
	    same_part(one, other, CURLUPART_SCHEME) &&
	    same_part(one, other, CURLUPART_HOST) &&
	    same_zone(one, other) &&
	    same_part(one, other, CURLUPART_PORT);

	curl_url_cleanup(one);
	curl_url_cleanup(other);
	return same;
}

void
http_add_origin(const char *url, struct text *text)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL;

	if (parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) ==
	    CURLUE_OK && curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) ==
	    CURLUE_OK && curl_url_get(parts, CURLUPART_HOST, &host, 0) ==
	    CURLUE_OK) {
		(void)curl_url_get(parts, CURLUPART_PORT, &port,
		    CURLU_NO_DEFAULT_PORT);
		text_addf(text, "%s://%s%s%s", scheme, host,
		    port != NULL ? ":" : "", port != NULL ? port : "");
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
}

int
http_check_host(const char *text, struct err *err)
{
	char *address = mem_format("https://%s", text), *server;

	server = strpbrk(text, "/?#@\\") == NULL ?
	    http_check_server(address, err) : NULL;
	free(address);
	if (server == NULL)
		return err_set(err, ERR_USAGE, "\"%.100s\" is not a host; "
		    "give a name, or a name and a port, like "
		    "files.example.com:8443", text);
	free(server);
	return 0;
}

bool
http_is_same_server(const char *url, const char *base, char *const *hosts)
{
	bool is_safe = strncasecmp(url, "https:", 6) == 0, same;
	char *other;

	if (http_same_origin(url, base))
		return true;
	if (!is_safe && strncasecmp(base, "http:", 5) != 0)
		return false;
	for (; hosts != NULL && *hosts != NULL; hosts++) {
		other = mem_format("%s://%s", is_safe ? "https" : "http",
		    *hosts);
		same = http_same_origin(url, other);
		free(other);
		if (same)
			return true;
	}
	return false;
}

char *
http_resolve(const char *base, const char *location)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *whole = NULL, *copy = NULL;

	/* Set twice: the second is taken as relative to the first.  A user and
	 * a password that a server gives would be sent as its own. */
	if (url != NULL &&
	    curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_URL, location,
	    CURLU_DISALLOW_USER) == CURLUE_OK) {
		scheme = part(url, CURLUPART_SCHEME);
		if (scheme != NULL && (strcmp(scheme, "http") == 0 ||
		    strcmp(scheme, "https") == 0) &&
		    curl_url_get(url, CURLUPART_URL, &whole, 0) == CURLUE_OK)
			copy = mem_text(whole);
	}
	curl_free(scheme);
	curl_free(whole);
	curl_url_cleanup(url);
	return copy;
}

char *
http_follow(const char *base, char *const *hosts, const char *from,
    const char *link, struct err *err)
{
	char *url = http_resolve(from, link), *secure, *shown;

	if (url == NULL) {
		shown = mem_text(link);
		http_mask(shown);
		err_set(err, ERR_DATA, "the reply says that the next page is "
		    "at \"%.100s\", which is not a valid URL",
		    shown);
		free(shown);
		return NULL;
	}
	/* Behind a proxy a server may not know that it is reached by https. */
	if (strncasecmp(base, "https:", 6) == 0 &&
	    strncasecmp(url, "http:", 5) == 0) {
		secure = mem_format("https:%s", url + 5);
		if (http_is_same_server(secure, base, hosts)) {
			free(url);
			return secure;
		}
		free(secure);
	}
	if (!http_is_same_server(url, base, hosts)) {
		err_set(err, ERR_DATA, "the reply says that the next page is "
		    "at %.100s, which is not on the server %.100s; to allow "
		    "it, name its host with --allow-host",
		    url, base);
		free(url);
		return NULL;
	}
	return url;
}

/* Find the next URL in ${text}, past its scheme. */
static char *
address_in(char *text)
{
	char *from = strchr(text, '\''), *scheme = strstr(text, "://");

	if (scheme != NULL && (from == NULL || from > scheme))
		from = scheme;
	else if (from == NULL)
		from = strrchr(text, ' ');
	if (from == NULL)
		return text;
	if (from == scheme)
		return from + 3;
	from++;
	/* In quotes, it may have a scheme, or "://" in the password. */
	if (scheme != NULL && from + strspn(from,
	    "abcdefghijklmnopqrstuvwxyz0123456789") == scheme)
		return scheme + 3;
	return from;
}

void
http_mask(char *text)
{
	char *end = strrchr(text, '@'), *from;

	if (end == NULL)
		return;
	/* A password may contain any byte, so find the URL's start instead. */
	*end = '\0';
	from = address_in(text);
	*end = '@';
	memset(from, '*', (size_t)(end - from > 3 ? 3 : end - from));
	if (end - from > 3)
		memmove(from + 3, end, strlen(end) + 1);
}
