/*
 * The cursor of the next page, as given by the reply.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

#define MAX_CURSOR 65536	/* bytes */
#define MANY 10		/* records in a first page that may not be complete */

void
run_warn_once(struct run *run, const struct run_task *task,
    const char *format, ...)
{
	const char *name = task->job.listing->resource->name;
	char text[500], *key;
	va_list ap;

	key = mem_format("%s: %s", name, format);
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	http_hide(run->http, text);
	if (set_add(run->reported, key, strlen(key)))
		log_say(run->settings.log, LOG_WARN, "run", "%s: %s",
		    task->key, text);
	free(key);
}

/* Does the reply have a path with dots as one name? */
static bool
has_dotted_name(const struct run_task *task, const char *path)
{
	const struct text *body = &task->reply->body;
	char *quoted;
	bool has;

	if (strchr(path, '.') == NULL || strchr(path, '"') != NULL)
		return false;
	quoted = mem_format("\"%s\"", path);
	has = memmem(body->data, body->len, quoted, strlen(quoted)) != NULL;
	free(quoted);
	return has;
}

/*
 * The first page does not mention a next one.  If the page is full, the
 * definition is wrong, and the rest of the list would be lost silently.
 */
static int
check_absent(struct run *run, const struct run_task *task, struct err *err)
{
	const struct source_resource *resource = task->job.listing->resource;
	bool is_header = resource->cursor_header != NULL;
	const char *what = is_header ? "header" : "member";
	const char *where = is_header ? resource->cursor_header :
	    resource->shape.cursor;
	bool is_there = is_header ? task->reply->headers[0] != NULL :
	    task->page.has_cursor;

	if (is_there || task->job.cursor != NULL || task->page.more == 0)
		return 0;
	if (task->page.n >= task->job.count)
		return err_set(err, ERR_USAGE, "the first page is full (%zu "
		    "records) but has no %s \"%s\", which names the next page "
		    "according to the definition: correct the definition%s",
		    task->page.n, what, where,
		    !is_header && has_dotted_name(task, where) ? " (put a "
		    "name with a dot in double quotes, like "
		    "'\"@odata.nextLink\"')" : "");
	if (task->page.n >= MANY)
		run_warn_once(run, task, "the first page has no %s \"%s\" to "
		    "name a next page; treating it as the complete list",
		    what, where);
	return 0;
}

/*
 * Set ${next} to the text that names the next page, newly allocated; or NULL.
 */
static int
read_text(const struct run_task *task, char **next, struct err *err)
{
	const struct source_resource *resource = task->job.listing->resource;
	const struct http_reply *reply = task->reply;
	bool is_odd = false;
	struct text text;

	*next = NULL;
	if (resource->cursor_header != NULL && reply->headers[0] != NULL) {
		*next = resource->cursor_is_url && strcasecmp(
		    resource->cursor_header, "link") == 0 ?
		    http_next_link(reply->headers[0], &is_odd) :
		    mem_text(reply->headers[0]);
		return !is_odd ? 0 : err_set(err, ERR_DATA, "can't parse the "
		    "next page in the Link header: %.200s",
		    reply->headers[0]);
	}
	if (task->page.cursor.data == NULL)
		return 0;
	text_init(&text, MAX_CURSOR);
	page_value_text(task->page.cursor, &text);
	if (!text.over)
		*next = text_take(&text);
	text_release(&text);
	return *next != NULL ? 0 : err_set(err, ERR_DATA, "the cursor of the "
	    "next page is longer than %d bytes", MAX_CURSOR);
}

/* The manifest stores it, for a run that resumes here. */
static bool
is_utf8(const char *next)
{
	json_t *json = json_string(next);
	bool is = json != NULL;

	json_decref(json);
	return is;
}

int
run_next_page(struct run *run, struct run_task *task, struct err *err)
{
	const struct source_resource *resource = task->job.listing->resource;
	char *next, *url;

	if (check_absent(run, task, err) == -1 ||
	    read_text(task, &next, err) == -1)
		return -1;
	/* 0 is no URL. */
	if (next != NULL && (*next == '\0' || (resource->cursor_is_url &&
	    strcmp(next, "0") == 0))) {
		free(next);
		next = NULL;
	}
	if (next != NULL && resource->cursor_is_url) {
		url = http_follow(run->settings.server, run->settings.hosts,
		    task->reply->request.url, next, err);
		free(next);
		if ((next = url) == NULL)
			return -1;
	}
	free(task->next_cursor);
	task->next_cursor = next;
	return next == NULL || is_utf8(next) ? 0 : err_set(err, ERR_DATA,
	    "the cursor of the next page is not UTF-8");
}
