/*
 * Records and the listings below them, from start to end.
 *
 * A listing closes when it has ended and none of its records is open.  A record
 * is done when no listing below it is open.  It is then given out as CRAWL_DONE
 * if its resource has a done marker and nothing is missing.
 */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "crawl/crawl_internal.h"

static void
free_texts(char **texts, size_t n)
{
	size_t i;

	if (texts == NULL)
		return;
	for (i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

void
crawl_free_node(struct crawl_node *node)
{
	struct crawl_fields *fields, *next;

	for (fields = node->fields; fields != NULL; fields = next) {
		next = fields->next;
		free_texts(fields->values, fields->resource->n_fields);
		free(fields);
	}
	if (node->resource != NULL) {
		free_texts(node->parts, node->resource->n_key);
		free_texts(node->values, node->resource->n_fields);
	}
	free(node->key);
}

void
crawl_free_listing(struct crawl_listing *listing)
{
	free(listing->key);
	free(listing->ranges);
	free(listing->cursor);
	free(listing->first_cursor);
	free(listing->narrow);
	free(listing->subranges);
	free(listing);
}

/* Append the keys of the node and its ancestors. */
static void
add_keys(const struct crawl_node *node, struct text *key)
{
	if (node->resource == NULL)
		return;
	add_keys(node->parent, key);
	text_addf(key, "/%s", node->key);
}

static struct crawl_listing *
new_listing(struct crawl_node *parent, const struct source_resource *resource)
{
	struct crawl_listing *listing = mem_zero(1, sizeof(*listing));
	struct text key;

	text_init(&key, 1 << 20);
	text_adds(&key, resource->name);
	add_keys(parent, &key);
	listing->key = text_take(&key);
	listing->resource = resource;
	listing->parent = parent;
	listing->total = listing->max = -1;
	listing->size = resource->paging != SOURCE_UNPAGED &&
	    resource->paging != SOURCE_INTERVALS ? resource->page_size : 0;
	listing->page_size = listing->size;
	listing->retry_budget = CRAWL_RETRY_BUDGET;
	listing->grow_after = CRAWL_GROW_AFTER;
	listing->expected = -1;
	listing->pass = listing->first_pass = 1;
	DL_APPEND2(parent->below, listing, prev_below, next_below);
	return listing;
}

/* Make it the next listing to begin, after those just added. */
static void
make_ready(struct crawl *crawl, struct crawl_listing *listing)
{
	struct crawl_listing *after = crawl->last_linked;

	if (after == NULL) {
		DL_PREPEND2(crawl->ready, listing, prev, next);
	} else {
		DL_APPEND_ELEM2(crawl->ready, after, listing, prev,
		    next);
	}
	crawl->last_linked = listing;
	crawl->n_ready++;
	crawl->ready_at[listing->parent->depth]++;
}

/* Find the listing of ${resource} in ${made}. */
static struct crawl_listing *
find_made(struct crawl_listing **made, size_t n,
    const struct source_resource *resource)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (made[i]->resource == resource)
			return made[i];
	return NULL;
}

static void
wait_behind(struct crawl_listing *first, struct crawl_listing *listing)
{
	listing->next_waiter = first->waiters;
	first->waiters = listing;
}

void
crawl_expand(struct crawl *crawl, struct crawl_node *node)
{
	const struct source *source = crawl->settings.source;
	struct crawl_listing **made =
	    mem_alloc(source->n_resources * sizeof(struct crawl_listing *));
	struct crawl_resolver resolver = { .crawl = crawl, .node = node };
	struct source_lookup lookup = crawl_lookup(&resolver);
	struct crawl_listing *before;
	size_t i, n = 0;

	for (i = 0; i < source->n_resources; i++) {
		const struct source_resource *resource =
		    &source->resources[i];

		if (resource->parent == node->resource &&
		    source_holds(&resource->when, &lookup))
			made[n++] = new_listing(node, resource);
	}
	for (i = 0; i < n; i++) {
		before = made[i]->resource->after == NULL ? NULL :
		    find_made(made, n, made[i]->resource->after);
		if (before != NULL)
			wait_behind(before, made[i]);
		else
			make_ready(crawl, made[i]);
	}
	free(made);
}

static void node_done(struct crawl *, struct crawl_node *);

/* The listing has ended, and so has everything below it. */
static void
forget_listing(struct crawl *crawl, struct crawl_listing *listing)
{
	struct crawl_node *parent = listing->parent;

	DL_DELETE2(parent->below, listing, prev_below, next_below);
	crawl_free_listing(listing);
	if (parent->below == NULL)
		node_done(crawl, parent);
}

static void
forget_node(struct crawl *crawl, struct crawl_node *node)
{
	struct crawl_listing *listing = node->listing;

	if (node->gapped)
		node->parent->gapped = true;
	DL_DELETE(listing->nodes, node);
	crawl_free_node(node);
	free(node);
	if (listing->nodes == NULL && listing->is_ended)
		forget_listing(crawl, listing);
}

static void
node_done(struct crawl *crawl, struct crawl_node *node)
{
	struct crawl_done *done;

	if (node->resource == NULL)
		return;
	if (node->gapped || node->resource->done.line == 0) {
		forget_node(crawl, node);
		return;
	}
	done = mem_zero(1, sizeof(*done));
	done->node = node;
	*crawl->last_done = done;
	crawl->last_done = &done->next;
}

void
crawl_node_done(struct crawl *crawl, struct crawl_node *node)
{
	crawl->done_out--;
	forget_node(crawl, node);
}

void
crawl_end(struct crawl *crawl, struct crawl_listing *listing)
{
	struct crawl_listing *waiter, *next;

	if (listing->is_open)
		DL_DELETE2(crawl->open, listing, prev, next);
	if (listing->gapped)
		listing->parent->gapped = true;
	for (waiter = listing->waiters; waiter != NULL; waiter = next) {
		next = waiter->next_waiter;
		waiter->after_gapped = listing->gapped;
		make_ready(crawl, waiter);
	}
	listing->is_ended = true;
	if (listing->nodes == NULL)
		forget_listing(crawl, listing);
}

void
crawl_link(struct crawl *crawl, struct crawl_listing *listing, char **parts,
    char **values)
{
	struct crawl_node *node = mem_zero(1, sizeof(*node));
	struct text key;

	text_init(&key, 1 << 20);
	crawl_record_key(listing->resource, parts, &key);
	node->parent = listing->parent;
	node->resource = listing->resource;
	node->key = text_take(&key);
	node->parts = parts;
	node->values = values;
	node->listing = listing;
	node->order = node->parent->resource == NULL ? ++crawl->n_top :
	    node->parent->order;
	node->depth = node->parent->depth + 1;
	DL_APPEND(listing->nodes, node);
	crawl_expand(crawl, node);
	if (node->below == NULL)
		node_done(crawl, node);
}

void
crawl_add_fields(
    struct crawl *crawl, struct crawl_listing *listing, char **values)
{
	struct crawl_fields *fields = mem_zero(1, sizeof(*fields));

	(void)crawl;
	fields->resource = listing->resource;
	fields->values = values;
	LL_PREPEND(listing->parent->fields, fields);
}
