/*
 * The yardstick: a bare libcurl-multi program that walks the same workspace
 * and only slices the records to disk.  It validates nothing, hashes nothing,
 * syncs nothing, keeps no journal and can't be resumed; it stops at the first
 * thing that goes wrong.
 *
 *	bare URL KEY DIR JOBS
 */

#include <sys/stat.h>

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { FILES, VERSIONS, ENVIRONMENTS, DATAPOINTS, EVALUATIONS, STATS,
    RUNS, EVALUATION_LOGS, LOGS, DIRECTORIES };

struct request {
	enum kind kind;
	char file[64], type[16], other[64];
	unsigned page;
	char *body;
	size_t len, room;
	struct request *next;
};

static const char *url, *key, *dir;
static struct request *waiting, **last = &waiting;
static unsigned long requests;

/* Bodies' memory, used again. */
#define SPARE 256
static struct { char *body; size_t room; } spare[SPARE];
static unsigned n_spare;

static void
die(const char *what)
{
	fprintf(stderr, "bare: %s\n", what);
	exit(1);
}

static struct request *
ask(enum kind kind, const struct request *from)
{
	struct request *request = calloc(1, sizeof(*request));

	if (from != NULL) {
		memcpy(request->file, from->file, sizeof(request->file));
		memcpy(request->type, from->type, sizeof(request->type));
		memcpy(request->other, from->other, sizeof(request->other));
	}
	request->kind = kind;
	request->page = 1;
	*last = request;
	last = &request->next;
	return request;
}

static void
address(const struct request *r, char *out, size_t room)
{
	switch (r->kind) {
	case DIRECTORIES:
		snprintf(out, room, "%s/directories", url);
		break;
	case FILES:
		snprintf(out, room, "%s/files?sort_by=created_at&order=asc"
		    "&page=%u&size=100", url, r->page);
		break;
	case VERSIONS:
		snprintf(out, room, "%s/%ss/%s/versions", url, r->type,
		    r->file);
		break;
	case ENVIRONMENTS:
		snprintf(out, room, "%s/%ss/%s/environments", url, r->type,
		    r->file);
		break;
	case DATAPOINTS:
		snprintf(out, room, "%s/datasets/%s/datapoints?version_id=%s"
		    "&page=%u&size=1000", url, r->file, r->other, r->page);
		break;
	case EVALUATIONS:
		snprintf(out, room, "%s/evaluations?file_id=%s&page=%u"
		    "&size=100", url, r->file, r->page);
		break;
	case STATS:
		snprintf(out, room, "%s/evaluations/%s/stats", url, r->other);
		break;
	case RUNS:
		snprintf(out, room, "%s/evaluations/%s/runs", url, r->other);
		break;
	case EVALUATION_LOGS:
		snprintf(out, room, "%s/evaluations/%s/logs?page=%u&size=100",
		    url, r->other, r->page);
		break;
	case LOGS:
		snprintf(out, room, "%s/logs?file_id=%s"
		    "&include_trace_children=true&page=%u&size=100", url,
		    r->file, r->page);
		break;
	}
}

static size_t
on_body(char *at, size_t size, size_t n, void *cookie)
{
	struct request *r = cookie;

	if (r->body == NULL && n_spare > 0) {
		r->body = spare[--n_spare].body;
		r->room = spare[n_spare].room;
	}
	if (r->len + size * n > r->room) {
		r->room = (r->len + size * n) * 2;
		if ((r->body = realloc(r->body, r->room)) == NULL)
			die("out of memory");
	}
	memcpy(&r->body[r->len], at, size * n);
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

/* The text at "name": "..." in a record, the first. */
static void
text_of(const char *p, size_t len, const char *name, char *out, size_t room)
{
	const char *at = memmem(p, len, name, strlen(name));
	size_t n = 0;

	if (at != NULL) {
		at += strlen(name);
		while (n + 1 < room && at[n] != '"') {
			out[n] = at[n];
			n++;
		}
	}
	out[n] = '\0';
}

static int
make_file(const char *path, int flags)
{
	char *slash, copy[512];
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
	if (fd != -1)
		return fd;
	snprintf(copy, sizeof(copy), "%s", path);
	for (slash = copy + strlen(dir) + 1;
	    (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(copy, 0700);
		*slash = '/';
	}
	if ((fd = open(path, O_WRONLY | O_CREAT | flags, 0600)) == -1)
		die(path);
	return fd;
}

static void
write_file(const char *path, const char *at, size_t len)
{
	int fd = make_file(path, O_TRUNC);

	if (write(fd, at, len) != (ssize_t)len)
		die("write");
	close(fd);
}

/* What hangs from a record. */
static void
follow(struct request *r, const char *p, size_t len)
{
	char path[512];
	struct request *child;

	switch (r->kind) {
	case FILES:
		text_of(p, len, "\"id\": \"", r->file, sizeof(r->file));
		text_of(p, len, "\"type\": \"", r->type, sizeof(r->type));
		snprintf(path, sizeof(path), "%s/files/%s/file.json", dir,
		    r->file);
		write_file(path, p, len);
		ask(VERSIONS, r);
		ask(ENVIRONMENTS, r);
		if (strcmp(r->type, "dataset") != 0) {
			ask(EVALUATIONS, r);
			ask(LOGS, r);
		}
		break;
	case VERSIONS:
		text_of(p, len, "\"version_id\": \"", r->other,
		    sizeof(r->other));
		snprintf(path, sizeof(path), "%s/files/%s/versions/%s", dir,
		    r->file, r->other);
		write_file(path, p, len);
		if (strcmp(r->type, "dataset") == 0)
			ask(DATAPOINTS, r);
		break;
	case EVALUATIONS:
		text_of(p, len, "\"id\": \"", r->other, sizeof(r->other));
		snprintf(path, sizeof(path), "%s/files/%s/evaluations/%s/"
		    "evaluation.json", dir, r->file, r->other);
		write_file(path, p, len);
		ask(STATS, r);
		ask(RUNS, r);
		ask(EVALUATION_LOGS, r);
		break;
	case RUNS:
		child = r;
		text_of(p, len, "\"id\": \"", path, 64);
		{
			char run[64];

			memcpy(run, path, 64);
			snprintf(path, sizeof(path), "%s/files/%s/"
			    "evaluations/%s/runs/%s", dir, child->file,
			    child->other, run);
		}
		write_file(path, p, len);
		break;
	default:
		break;
	}
}

static void
shard_path(const struct request *r, char *out, size_t room, unsigned shard)
{
	if (r->kind == LOGS)
		snprintf(out, room, "%s/files/%s/logs/%u.jsonl", dir,
		    r->file, shard);
	else if (r->kind == EVALUATION_LOGS)
		snprintf(out, room, "%s/files/%s/evaluations/%s/logs/"
		    "%u.jsonl", dir, r->file, r->other, shard);
	else
		snprintf(out, room, "%s/files/%s/datapoints/%s/%u.jsonl",
		    dir, r->file, r->other, shard);
}

/* Cut the records out of a page and write them. */
static void
slice(struct request *r)
{
	const char *p = memchr(r->body, '[', r->len);
	const char *end = r->body + r->len, *stop;
	struct iovec pieces[2048];
	unsigned size = r->kind == DATAPOINTS ? 1000 : 100, n = 0, page;
	char path[512], total[32];
	int fd;

	if (p == NULL)
		die("no records");
	for (p++; p < end; p = stop) {
		while (p < end && (*p == ' ' || *p == ','))
			p++;
		if (p == end || *p == ']')
			break;
		stop = skip_value(p, end);
		if (r->kind == LOGS || r->kind == EVALUATION_LOGS ||
		    r->kind == DATAPOINTS) {
			pieces[n++] = (struct iovec){ (char *)p,
			    (size_t)(stop - p) };
			pieces[n++] = (struct iovec){ (char *)"\n", 1 };
		} else {
			follow(r, p, (size_t)(stop - p));
		}
	}
	if (n > 0) {
		unsigned i = 0;

		shard_path(r, path, sizeof(path), ((r->page - 1) * size) /
		    1000 + 1);
		fd = make_file(path, O_APPEND);
		for (; i < n; i += 1024)
			if (writev(fd, &pieces[i], n - i < 1024 ?
			    (int)(n - i) : 1024) < 0)
				die("write");
		close(fd);
	}
	if (r->page > 1 || r->kind == VERSIONS || r->kind == RUNS)
		return;
	/* The envelope stands behind the records. */
	text_of(p, (size_t)(end - p), "\"total\": ", total, sizeof(total));
	for (page = 2; (page - 1) * size < strtoul(total, NULL, 10); page++)
		ask(r->kind, r)->page = page;
}

static void
finish(struct request *r)
{
	char path[512];

	requests++;
	switch (r->kind) {
	case DIRECTORIES:
		snprintf(path, sizeof(path), "%s/directories.json", dir);
		write_file(path, r->body, r->len);
		break;
	case ENVIRONMENTS:
		snprintf(path, sizeof(path), "%s/files/%s/environments.json",
		    dir, r->file);
		write_file(path, r->body, r->len);
		break;
	case STATS:
		snprintf(path, sizeof(path), "%s/files/%s/evaluations/%s/"
		    "stats.json", dir, r->file, r->other);
		write_file(path, r->body, r->len);
		break;
	default:
		slice(r);
	}
	if (r->body != NULL && n_spare < SPARE) {
		spare[n_spare].body = r->body;
		spare[n_spare++].room = r->room;
	} else {
		free(r->body);
	}
	free(r);
}

int
main(int argc, char **argv)
{
	struct curl_slist *headers;
	char header[256], text[512], *private;
	unsigned jobs, n_idle, on_wire = 0;
	CURL *idle[256], *easy;
	CURLM *multi;
	CURLMsg *message;
	long status;
	int left;

	if (argc != 5)
		die("usage: bare URL KEY DIR JOBS");
	url = argv[1];
	key = argv[2];
	dir = argv[3];
	jobs = (unsigned)atoi(argv[4]);
	if (jobs < 1 || jobs > 256)
		die("1 to 256 jobs");
	mkdir(dir, 0700);
	snprintf(header, sizeof(header), "X-API-KEY: %s", key);
	headers = curl_slist_append(NULL, header);
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)jobs);
	for (n_idle = 0; n_idle < jobs; n_idle++) {
		idle[n_idle] = easy = curl_easy_init();
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
		curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
	}
	ask(DIRECTORIES, NULL);
	ask(FILES, NULL);
	while (waiting != NULL || on_wire > 0) {
		while (waiting != NULL && n_idle > 0) {
			struct request *r = waiting;

			if ((waiting = r->next) == NULL)
				last = &waiting;
			easy = idle[--n_idle];
			address(r, text, sizeof(text));
			curl_easy_setopt(easy, CURLOPT_URL, text);
			curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
			curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
			curl_multi_add_handle(multi, easy);
			on_wire++;
		}
		curl_multi_perform(multi, &left);
		while ((message = curl_multi_info_read(multi, &left)) !=
		    NULL) {
			easy = message->easy_handle;
			curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
			curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE,
			    &status);
			if (message->data.result != CURLE_OK ||
			    status != 200)
				die("a request failed");
			curl_multi_remove_handle(multi, easy);
			idle[n_idle++] = easy;
			on_wire--;
			finish((struct request *)(void *)private);
		}
		if (on_wire > 0)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	printf("%lu requests\n", requests);
	return 0;
}
