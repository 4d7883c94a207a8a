/*
 * Which files the walk comes to next: the rest of the listing it is in, and
 * then, by the manifest, those of the listings that are to be opened.  What
 * these turn out to hang others from comes before them, so a file may wait
 * longer than it was meant to; but at each depth there are no more of them
 * than audit_pool_ahead().
 */

#include <stdlib.h>

#include "audit/audit_prescan.h"

/* Of a listing that is to be opened: its ${user}. */
struct ahead {
	struct tree_receipts files;
	struct audit_prescan **prescans;	/* by file; NULL: not yet */
};

/* Let up to ${most} be looked at, from ${from} on.  Return how many. */
static size_t
add_prescans(struct audit_verify *verify, const struct crawl_listing *listing,
    const struct tree_receipts *files, struct audit_prescan ***prescans,
    size_t from, size_t max)
{
	size_t i;

	if (*prescans == NULL)
		*prescans = mem_zero(files->n, sizeof(**prescans));
	for (i = from; i < files->n && i - from < max; i++) {
		if ((*prescans)[i] != NULL)
			continue;
		(*prescans)[i] = audit_prescan_new(verify, &files->items[i],
		    listing->key, AUDIT_RECORDS);
		audit_pool_add(verify->pool, (*prescans)[i]);
	}
	return i - from;
}

/* What files it has; NULL: that can't be told yet. */
static struct ahead *
ahead_of(struct audit_verify *verify, struct crawl_listing *listing)
{
	struct ahead *ahead = listing->user;
	struct err err;

	if (ahead != NULL)
		return ahead;
	ahead = mem_zero(1, sizeof(*ahead));
	if (manifest_files(verify->manifest, listing->key, &ahead->files,
	    &err) == -1) {
		tree_receipts_release(&ahead->files);
		free(ahead);
		return NULL;
	}
	return listing->user = ahead;
}

void
audit_ahead_fill(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	struct crawl_listing *listing = NULL;
	size_t left = audit_pool_ahead(verify->pool), n;
	struct ahead *ahead;

	/* The one that is read now is behind ${next} already. */
	left -= add_prescans(verify, current->crawl, &current->files,
	    &current->prescans, current->next - 1, left);
	while (verify->manifest != NULL && left > 0 && (listing =
	    crawl_each_ready(verify->crawl, listing)) != NULL) {
		if ((ahead = ahead_of(verify, listing)) == NULL)
			return;
		n = add_prescans(
		    verify, listing, &ahead->files, &ahead->prescans, 0, left);
		/* Of those without any, only so many are asked about. */
		left -= n > 0 ? n : 1;
	}
}

bool
audit_ahead_open(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	struct ahead *ahead = current->crawl->user;

	if (ahead == NULL)
		return false;
	current->files = ahead->files;
	current->prescans = ahead->prescans;
	current->crawl->user = NULL;
	free(ahead);
	return true;
}

void
audit_ahead_free(struct audit_verify *verify)
{
	struct crawl_listing *listing = NULL;
	struct ahead *ahead;
	size_t i;

	while (verify->crawl != NULL && (listing = crawl_each_ready(
	    verify->crawl, listing)) != NULL) {
		if ((ahead = listing->user) == NULL)
			continue;
		for (i = 0; ahead->prescans != NULL && i < ahead->files.n; i++)
			audit_prescan_free(ahead->prescans[i]);
		free(ahead->prescans);
		tree_receipts_release(&ahead->files);
		free(ahead);
	}
}
