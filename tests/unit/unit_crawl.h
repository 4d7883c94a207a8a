#ifndef UNIT_CRAWL_H
#define UNIT_CRAWL_H

/* A made-up platform, and what the tests of its crawl share. */
#include "unit.h"

#include "crawl/crawl.h"

/* A platform of books: shelves, each with books and a count of them. */
static const char definition[] =
    "name: books\nabout: x\nserver: {url: \"http://h\"}\n"
    "options: {pages: {kind: flag, default: \"false\", help: x}}\n"
    "paging: {style: number, query: {p: \"{page.number}\"}, size: 10, "
    "records: r, total: t}\n"
    "resources:\n"
    "- {name: shelves, list: /shelves, fields: [id], object: \"s/{id}\","
    " done: \"s/{id}.done\"}\n"
    "- {name: count, parent: shelves, get: \"/{shelves.id}/count\", "
    "fields: [n], object: \"c/{shelves.id}\"}\n"
    "- {name: books, parent: shelves, after: count, list: "
    "\"/{shelves.id}/books\", fields: [id], shards: \"b/{shelves.id}\", "
    "expect: \"{count.n}\"}\n"
    "- {name: index, parent: shelves, derive: {from: books, each: w, row: "
    "{x: {item: x}}}, object: \"i/{shelves.id}\"}\n"
    "- {name: pages, parent: books, when: {option.pages: \"true\"}, get: "
    "\"/{books.id}/pages\", object: \"p/{books.id}\"}\n";

static struct source *books;
static const char *pages_option = "false";

static const char *
option(void *cookie, const char *name)
{
	(void)cookie;
	return strcmp(name, "pages") == 0 ? pages_option : NULL;
}

static struct crawl *
begin(unsigned ahead)
{
	struct crawl_settings settings = { .source = books,
	    .option = option, .started = "now", .ahead = ahead,
	    .passes = 4 };
	struct err err;

	if (books == NULL)
		books = source_parse("books", (struct span){ definition,
		    strlen(definition) }, &err);
	if (books == NULL)
		fail_msg("%s", err.text);
	settings.source = books;
	return crawl_new(&settings);
}

/* What is next, as a word: "fetch shelves 10+10". */
static const char *
next(struct crawl *crawl, struct crawl_job *job)
{
	static char text[200];

	switch (crawl_next(crawl, false, job)) {
	case CRAWL_NOTHING:
		return "nothing";
	case CRAWL_OPEN:
		snprintf(text, sizeof(text), "open %s", job->listing->key);
		break;
	case CRAWL_FETCH:
		snprintf(text, sizeof(text), "fetch %s %d+%d",
		    job->listing->key, (int)job->first, (int)job->count);
		break;
	case CRAWL_DERIVE:
		snprintf(text, sizeof(text), "derive %s",
		    job->listing->key);
		break;
	case CRAWL_DONE:
		snprintf(text, sizeof(text), "done %s", job->node->key);
		break;
	}
	return text;
}

static char **
one(const char *text)
{
	char **texts = malloc(sizeof(*texts));

	texts[0] = text != NULL ? strdup(text) : NULL;
	return texts;
}

static void
link_record(struct crawl *crawl, struct crawl_listing *listing,
    const char *id)
{
	crawl_link(crawl, listing, one(id), one(id));
}

/* A window of ${n} new records of ${total}. */
static enum crawl_state
came(struct crawl *crawl, const struct crawl_job *job, uint64_t n,
    int64_t total)
{
	struct crawl_result result = { .received = n, .distinct = n,
	    .fresh = n, .news = n, .total = total, .size = 10, .more = -1 };

	return crawl_finish(crawl, job, &result);
}

static enum crawl_state
one_received(struct crawl *crawl, const struct crawl_job *job)
{
	struct crawl_result result = { .received = 1, .distinct = 1,
	    .fresh = 1, .news = 1, .total = -1, .size = -1, .more = -1 };

	return crawl_finish(crawl, job, &result);
}

/* The last page was full: is there really nothing behind it? */
static enum crawl_state
probe(struct crawl *crawl, const char *where)
{
	struct crawl_job job;

	assert_string_equal(next(crawl, &job), where);
	assert_true(job.is_probe);
	return came(crawl, &job, 0, job.listing->total);
}

/* Begin the one listing that is there. */
static struct crawl_job
open_listing(struct crawl *crawl, const char *expected)
{
	struct crawl_job job;

	assert_string_equal(next(crawl, &job), expected);
	assert_int_equal(crawl_begin(crawl, job.listing, NULL),
	    CRAWL_CONTINUES);
	return job;
}

#endif
