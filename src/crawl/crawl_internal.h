#ifndef CRAWL_INTERNAL_H
#define CRAWL_INTERNAL_H

#include "crawl/crawl.h"

#define CRAWL_RETRY_BUDGET 30		/* pieces to try at first */
#define CRAWL_GROW_AFTER 4	/* windows that came */

/* The fields of a document, kept where its siblings find them. */
struct crawl_fields {
	struct crawl_fields *next;
	const struct source_resource *resource;
	char **values;
};

/* A record whose whole subtree is there, and that has a mark for it. */
struct crawl_done {
	struct crawl_done *next;
	struct crawl_node *node;
};

struct crawl {
	struct crawl_settings settings;
	struct crawl_node root;

	struct crawl_listing *ready;	/* not begun, the next one first */
	struct crawl_listing *last_linked;	/* new ones go behind it */
	size_t n_ready;
	size_t *ready_at;		/* of these, below each depth of node */
	struct crawl_listing *open;	/* begun, the oldest first */
	struct crawl_done *done_markers, **last_done;
	size_t done_out;		/* CRAWL_DONE not answered */
	uint64_t n_top;			/* records below the root, so far */
};

/** crawl_expand(crawl, node): Make the listings below ${node} that apply. */
void crawl_expand(struct crawl *, struct crawl_node *);

/** crawl_free_node(node): Free what a node holds, not itself. */
void crawl_free_node(struct crawl_node *);

/** crawl_free_listing(listing): Free ${listing}. */
void crawl_free_listing(struct crawl_listing *);

/**
 * crawl_has_page(crawl, listing, next_only):
 * May a window of ${listing} be asked for; with ${next_only}, one whose turn it
 * is already?
 */
bool crawl_has_page(const struct crawl *, const struct crawl_listing *,
    bool);

/** crawl_take_page(listing, job): Set ${job} to that window. */
void crawl_take_page(struct crawl_listing *, struct crawl_job *);

/**
 * crawl_fitting(listing):
 * Return how many records to ask for from ${listing->ask}: a window begins at
 * a multiple of itself, divides a whole one, and ends before what is there
 * already.
 */
uint32_t crawl_fitting(const struct crawl_listing *);

/** crawl_take_subrange(listing, job): Set ${job} to the first of the pieces. */
void crawl_take_subrange(struct crawl_listing *, struct crawl_job *);

/** crawl_add_subrange(listing, first, count): Add a piece where it belongs. */
void crawl_add_subrange(struct crawl_listing *, uint64_t, uint64_t);

/** crawl_skip(listing, position): Step over what is there already. */
uint64_t crawl_skip(const struct crawl_listing *, uint64_t);

/**
 * crawl_chain_begin(crawl, listing):
 * Work out which part of the list is asked for: a slice, a time.
 */
void crawl_chain_begin(struct crawl *, struct crawl_listing *);

/** crawl_chain_known(listing, known): Take over where the last run ended. */
void crawl_chain_known(struct crawl_listing *, const struct crawl_known *);

/** crawl_chain_asked(listing): Is all asked for, but for pieces? */
bool crawl_chain_asked(const struct crawl_listing *);

/** crawl_chain_take(listing, job): Set ${job} to the next page or window. */
void crawl_chain_take(struct crawl_listing *, struct crawl_job *);

/** crawl_take_narrow(listing, job): Was ${job} to be asked for narrowly? */
void crawl_take_narrow(struct crawl_listing *, struct crawl_job *);

/** crawl_chain_received(listing, job, result): A page of a chain is committed.
 */
void crawl_chain_received(struct crawl_listing *, const struct crawl_job *,
    const struct crawl_result *);

/** crawl_chain_failed(listing, job): It could not be had. */
void crawl_chain_failed(struct crawl_listing *, const struct crawl_job *);

/**
 * crawl_names_none(job, result):
 * A probe brought nothing new.  Does it name no page that was not asked for?
 */
bool crawl_names_none(const struct crawl_job *, const struct crawl_result *);

/** crawl_chain_again(listing): The list is read again from its start. */
void crawl_chain_again(struct crawl_listing *);

/** crawl_is_chain(listing): Is it asked for as crawl_chain.c says? */
bool crawl_is_chain(const struct crawl_listing *);

/** crawl_read_again(listing): Begin another pass. */
void crawl_read_again(struct crawl_listing *);

/** crawl_time_value(resolver, kind): The value of {page.start}, {page.end}. */
const char *crawl_time_value(struct crawl_resolver *, enum source_var_kind);

/**
 * crawl_widen_page(listing, job):
 * The window of ${job} came: may larger ones be asked for again?
 */
void crawl_widen_page(struct crawl_listing *, const struct crawl_job *);

/**
 * crawl_end_of_pass(crawl, listing):
 * All windows of a pass are there or failed: is that the end?  If not, another
 * pass has begun.
 */
enum crawl_state crawl_end_of_pass(struct crawl *, struct crawl_listing *);

#endif
