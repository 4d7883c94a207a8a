/*
 * The files that the walk reads next: the rest of the current listing and then,
 * by the manifest, those of the listings that are ready to be opened.  Children
 * of their records are walked before them, so that a file may wait longer than
 * planned; but at each depth there are at most audit_pool_ahead() files.
 */

#include <stdlib.h>

#include "audit/audit_prescan.h"

/* The ${user} of a listing that is ready to be opened. */
struct ahead {
	struct tree_receipts files;
	struct audit_prescan **prescans;	/* by file; NULL: not started */
};

/* Start up to ${max} prescans from file ${from} on.  Return how many files. */
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

/* The files of a listing; NULL: not known yet. */
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

	/* ${next} has moved past the file that is read now. */
	left -= add_prescans(verify, current->crawl, &current->files,
	    &current->prescans, current->next - 1, left);
	while (verify->manifest != NULL && left > 0 && (listing =
	    crawl_each_ready(verify->crawl, listing)) != NULL) {
		if ((ahead = ahead_of(verify, listing)) == NULL)
			return;
		n = add_prescans(
		    verify, listing, &ahead->files, &ahead->prescans, 0, left);
		/* A listing without files counts as one, to bound the loop. */
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
