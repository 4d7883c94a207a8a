/*
 * A cache of pages.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* The pages of a list at one size. */
struct page_cache {
	struct page_cache *next;
	uint64_t size, changed;
	bool children;
	struct body *pages;
	size_t n;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct body
make(const struct record *const *records, size_t n, uint64_t number,
    uint64_t size, int64_t total, bool children)
{
	struct buf buf = { NULL, 0, 0 };
	struct body body;
	size_t i;

	buf_adds(&buf, "{\"records\": [");
	for (i = 0; i < n; i++) {
		buf_adds(&buf, i > 0 ? ", " : "");
		buf_adds(&buf, !children && records[i]->plain != NULL ?
		    records[i]->plain : records[i]->text);
	}
	buf_addf(&buf, "], \"page\": %" PRIu64 ", \"size\": %" PRIu64
	    ", \"total\": %" PRId64 "}", number, size, total);
	body.len = buf.len;
	body.data = buf_take(&buf);
	return body;
}

struct body
page_of_picked(const struct record *const *records, size_t n, uint64_t page,
    uint64_t size, int64_t total, bool children)
{
	return make(records, n, page, size, total, children);
}

static struct page_cache *
cache_for(struct list *list, uint64_t size, bool children)
{
	struct page_cache *cache;

	for (cache = list->pages; cache != NULL; cache = cache->next)
		if (cache->size == size && cache->children == children &&
		    cache->changed == list->changed)
			return cache;
	cache = must_alloc(sizeof(*cache));
	*cache = (struct page_cache){ .next = list->pages, .size = size,
	    .children = children, .changed = list->changed };
	cache->n = size > 0 ? (list->n + size - 1) / size : 0;
	cache->pages = must_alloc(cache->n * sizeof(*cache->pages));
	list->pages = cache;
	return cache;
}

/* The records of a page, cached; none past the end of the list. */
struct body
page_of(struct list *list, uint64_t page, uint64_t size, bool children)
{
	const struct record **records;
	struct page_cache *cache;
	uint64_t first = (page - 1) * size, n = 0, i;
	struct body body;

	pthread_mutex_lock(&lock);
	cache = cache_for(list, size, children);
	if (page <= cache->n && cache->pages[page - 1].data != NULL) {
		body = cache->pages[page - 1];
		pthread_mutex_unlock(&lock);
		return body;
	}
	if (first < list->n)
		n = list->n - first < size ? list->n - first : size;
	records = must_alloc((n + 1) * sizeof(*records));
	for (i = 0; i < n; i++)
		records[i] = &list->items[first + i];
	body = make(records, n, page, size, (int64_t)list->n, children);
	free(records);
	if (page <= cache->n)
		cache->pages[page - 1] = body;
	pthread_mutex_unlock(&lock);
	return body;
}
