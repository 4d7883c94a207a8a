/*
 * The yardstick: a bare libcurl-multi program that is handed the list of what
 * to ask for, and only cuts the records out and writes them.  It finds nothing
 * out by itself, validates nothing, hashes nothing, syncs nothing, keeps no
 * journal and can't be resumed; it stops at the first thing that goes wrong.
 *
 *	bare LIST KEY DIR JOBS
 *
 * Each line of LIST is HOW, FILE and URL with a tab between: append the
 * records to FILE in DIR (a); write each of them to a file beside it, with a
 * number behind its name (o); or write the reply as it is (w).
 */

#include <sys/stat.h>
#include <sys/uio.h>

#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_JOBS 256

struct request {
	CURL *easy;
	char how, *file;
	char *body;
	size_t len, capacity;
};

static const char *dir;
static struct request requests[MAX_JOBS];

static void
die(const char *what)
{
	fprintf(stderr, "bare: %s\n", what);
	exit(1);
}

static size_t
on_body(char *data, size_t size, size_t n, void *cookie)
{
	struct request *r = cookie;

	if (r->len + size * n > r->capacity) {
		r->capacity = (r->len + size * n) * 2;
		if ((r->body = realloc(r->body, r->capacity)) == NULL)
			die("out of memory");
	}
	memcpy(&r->body[r->len], data, size * n);
	r->len += size * n;
	return size * n;
}

/* To behind the string that begins at ${p}. */
static const char *
skip_string(const char *p, const char *end)
{
	const char *quote, *slash;

	for (p++; (quote = memchr(p, '"', (size_t)(end - p))) != NULL;
	    p = quote + 1) {
		for (slash = quote; slash > p && slash[-1] == '\\'; slash--)
			;
		if ((quote - slash) % 2 == 0)
			return quote + 1;
	}
	die("a string without an end");
	return NULL;
}

static const char *
skip_value(const char *p, const char *end)
{
	int depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		p++;
	} while (depth > 0 && p < end);
	return p;
}

static int
make_file(const char *name, int flags)
{
	char *slash, path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
	if (fd != -1)
		return fd;
	for (slash = path + strlen(dir) + 1;
	    (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	if ((fd = open(path, O_WRONLY | O_CREAT | flags, 0600)) == -1)
		die(path);
	return fd;
}

static void
write_file(const char *name, const char *data, size_t len)
{
	int fd = make_file(name, O_TRUNC);

	if (write(fd, data, len) != (ssize_t)len)
		die("write");
	close(fd);
}

/* Cut the records out of a page and write them. */
static void
slice(const struct request *r)
{
	const char *p = memchr(r->body, '[', r->len);
	const char *end = r->body + r->len, *stop;
	struct iovec parts[2048];
	unsigned n = 0, i;
	char name[600];
	int fd;

	if (p == NULL)
		die("no records");
	for (p++; p < end; p = stop) {
		while (p < end && (*p == ' ' || *p == ',' || *p == '\n'))
			p++;
		if (p == end || *p == ']')
			break;
		stop = skip_value(p, end);
		parts[n++] = (struct iovec){ (char *)p, (size_t)(stop - p) };
		parts[n++] = (struct iovec){ (char *)"\n", 1 };
		if (n == 2048)
			break;
	}
	if (r->how == 'o') {
		for (i = 0; i < n; i += 2) {
			snprintf(name, sizeof(name), "%s%u", r->file, i / 2);
			write_file(name, parts[i].iov_base,
			    parts[i].iov_len);
		}
		return;
	}
	fd = make_file(r->file, O_APPEND);
	for (i = 0; i < n; i += 1024)
		if (writev(fd, &parts[i], n - i < 1024 ? (int)(n - i) :
		    1024) < 0)
			die("write");
	close(fd);
}

static void
finish(CURLM *multi, struct request *r, CURLcode result)
{
	long status = 0;

	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	if (result != CURLE_OK || status != 200)
		die("a request failed");
	if (r->how == 'w')
		write_file(r->file, r->body, r->len);
	else
		slice(r);
	curl_multi_remove_handle(multi, r->easy);
	free(r->file);
	r->file = NULL;
}

/* Ask for what the next line says.  Return whether there is one. */
static int
begin(CURLM *multi, struct request *r, FILE *list)
{
	char line[2048], file[512], url[1024];

	if (fgets(line, sizeof(line), list) == NULL)
		return 0;
	if (sscanf(line, "%c\t%511s\t%1023s", &r->how, file, url) != 3)
		die("a line of the list");
	r->file = strdup(file);
	r->len = 0;
	curl_easy_setopt(r->easy, CURLOPT_URL, url);
	curl_multi_add_handle(multi, r->easy);
	return 1;
}

static void
set_up(struct request *r, struct curl_slist *headers)
{
	r->easy = curl_easy_init();
	curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(r->easy, CURLOPT_PRIVATE, r);
	curl_easy_setopt(r->easy, CURLOPT_BUFFERSIZE, 128L * 1024);
}

int
main(int argc, char **argv)
{
	struct curl_slist *headers;
	unsigned jobs, i, on_wire = 0;
	char header[256], *private;
	CURLMsg *message;
	CURLM *multi;
	FILE *list;
	int left;

	if (argc != 5 || (list = fopen(argv[1], "r")) == NULL)
		die("usage: bare LIST KEY DIR JOBS");
	dir = argv[3];
	jobs = (unsigned)atoi(argv[4]);
	if (jobs < 1 || jobs > MAX_JOBS)
		die("1 to 256 jobs");
	mkdir(dir, 0700);
	snprintf(header, sizeof(header), "X-API-KEY: %s", argv[2]);
	headers = curl_slist_append(NULL, header);
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)jobs);
	for (i = 0; i < jobs; i++) {
		set_up(&requests[i], headers);
		on_wire += (unsigned)begin(multi, &requests[i], list);
	}
	while (on_wire > 0) {
		curl_multi_perform(multi, &left);
		while ((message = curl_multi_info_read(multi, &left)) !=
		    NULL) {
			struct request *r;

			curl_easy_getinfo(message->easy_handle,
			    CURLINFO_PRIVATE, &private);
			r = (struct request *)(void *)private;
			finish(multi, r, message->data.result);
			on_wire--;
			on_wire += (unsigned)begin(multi, r, list);
		}
		if (on_wire > 0)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	return 0;
}
