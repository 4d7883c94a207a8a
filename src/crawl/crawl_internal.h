#ifndef CRAWL_INTERNAL_H
#define CRAWL_INTERNAL_H

#include "crawl/crawl.h"

#define CRAWL_RETRY_BUDGET 30		/* initial budget, in sub-ranges */
#define CRAWL_GROW_AFTER 4	/* initial streak, in pages */

/* The fields of a document, where its siblings find them. */
struct crawl_fields {
	struct crawl_fields *next;
	const struct source_resource *resource;
	char **values;
};

/* A record that needs a done marker, with everything below it on disk. */
struct crawl_done {
	struct crawl_done *next;
	struct crawl_node *node;
};

struct crawl {
	struct crawl_settings settings;
	struct crawl_node root;

	struct crawl_listing *ready;	/* not begun, in order */
	struct crawl_listing *last_linked;	/* new listings go after it */
	size_t n_ready;
	size_t *ready_at;		/* number of these by depth of parent */
	struct crawl_listing *open;	/* begun, oldest first */
	struct crawl_done *done_markers, **last_done;
	size_t done_out;		/* CRAWL_DONE jobs not answered */
	uint64_t n_top;			/* records below the root so far */
};

/**
 * crawl_expand(crawl, node):
 * Make the listings below ${node} whose conditions hold.
 */
void crawl_expand(struct crawl *, struct crawl_node *);

/** crawl_free_node(node): Free the members of ${node}, not ${node}. */
void crawl_free_node(struct crawl_node *);

/** crawl_free_listing(listing): Free ${listing}. */
void crawl_free_listing(struct crawl_listing *);

/**
 * crawl_has_page(crawl, listing, next_only):
 * Can a page of ${listing} be requested?  With ${next_only}, one whose turn it
 * is?
 */
bool crawl_has_page(const struct crawl *, const struct crawl_listing *,
    bool);

/** crawl_take_page(listing, job): Set ${job} to that page. */
void crawl_take_page(struct crawl_listing *, struct crawl_job *);

/**
 * crawl_request_size(listing):
 * Return how many records to request from ${listing->ask}.  The page starts at
 * a multiple of its size, which divides the full page size, and ends before the
 * next range on disk.
 */
uint32_t crawl_request_size(const struct crawl_listing *);

/** crawl_take_subrange(listing, job): Set ${job} to the first sub-range. */
void crawl_take_subrange(struct crawl_listing *, struct crawl_job *);

/** crawl_add_subrange(listing, first, count): Insert a sub-range in order. */
void crawl_add_subrange(struct crawl_listing *, uint64_t, uint64_t);

/**
 * crawl_skip(listing, position):
 * Return ${position}, moved past the ranges that are on disk.
 */
uint64_t crawl_skip(const struct crawl_listing *, uint64_t);

/**
 * crawl_chain_begin(crawl, listing):
 * Work out which part of the list is selected: a slice, a time range.
 */
void crawl_chain_begin(struct crawl *, struct crawl_listing *);

/** crawl_chain_known(listing, known): Continue where the last run ended. */
void crawl_chain_known(struct crawl_listing *, const struct crawl_known *);

/**
 * crawl_chain_is_requested(listing):
 * Is everything requested, except for sub-ranges?
 */
bool crawl_chain_is_requested(const struct crawl_listing *);

/** crawl_chain_take(listing, job): Set ${job} to the next page or interval. */
void crawl_chain_take(struct crawl_listing *, struct crawl_job *);

/**
 * crawl_take_narrow(listing, job):
 * If ${job} is a second that crawl_narrow() gave out again, make it narrow.
 */
void crawl_take_narrow(struct crawl_listing *, struct crawl_job *);

/**
 * crawl_chain_received(listing, job, result):
 * A page of a sequential list is committed.
 */
void crawl_chain_received(struct crawl_listing *, const struct crawl_job *,
    const struct crawl_result *);

/** crawl_chain_failed(listing, job): A page of a sequential list failed. */
void crawl_chain_failed(struct crawl_listing *, const struct crawl_job *);

/**
 * crawl_names_no_page(job, result):
 * The probe had no new record.  Does its reply name no page that was not
 * requested yet?
 */
bool crawl_names_no_page(const struct crawl_job *, const struct crawl_result *);

/** crawl_chain_again(listing): Read the list again from its start. */
void crawl_chain_again(struct crawl_listing *);

/** crawl_is_chain(listing): Is the list read as crawl_chain.c describes? */
bool crawl_is_chain(const struct crawl_listing *);

/** crawl_read_again(listing): Begin another pass. */
void crawl_read_again(struct crawl_listing *);

/**
 * crawl_time_value(resolver, kind):
 * Return the value of {page.start} or {page.end}, or NULL.
 */
const char *crawl_time_value(struct crawl_resolver *, enum source_var_kind);

/**
 * crawl_widen_page(listing, job):
 * The page of ${job} arrived: grow the page size if enough have.
 */
void crawl_widen_page(struct crawl_listing *, const struct crawl_job *);

/**
 * crawl_end_of_pass(crawl, listing):
 * All pages of a pass are committed or failed.  Return the listing's state: it
 * has ended, or another pass has begun.
 */
enum crawl_state crawl_end_of_pass(struct crawl *, struct crawl_listing *);

#endif
