#ifndef CRAWL_H
#define CRAWL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "source/source.h"

/*
 * What to request next.  The crawl knows the listings, which parts of each are
 * requested and which have arrived; so it knows what may be requested next and
 * which listings are over.  It takes results and gives out jobs.  It does no
 * I/O and holds no records, only the few fields on which other resources
 * depend.
 *
 * A listing is one resource below one record, such as the versions of a file.
 * A document is a listing with one record.  A listing is requested in pages.
 * Pages may arrive in any order, but are committed in order: see
 * crawl_is_next().
 *
 * For a list by time (SOURCE_INTERVALS), positions are seconds from the start
 * of the list (from its end, if the newest records come first) instead of
 * records.
 */
struct crawl;

/* A record with listings below it.  The root has no resource. */
struct crawl_node {
	struct crawl_node *parent;
	const struct source_resource *resource;
	char *key;		/* unique among its siblings, encoded */
	char **parts;		/* of its key, not encoded */
	char **values;		/* of its resource's fields, or NULL */
	struct crawl_fields *fields;	/* of the documents below it */
	struct crawl_listing *listing;	/* that it belongs to */
	struct crawl_listing *below;	/* listings that have not ended */
	uint64_t order;		/* number of its topmost ancestor */
	unsigned depth;		/* number of ancestors */
	bool gapped;		/* something below it has a gap */
	struct crawl_node *prev, *next;
};

/* A part of a listing: position and number of records. */
struct crawl_range {
	uint64_t first, count;
};

struct crawl_listing {
	const struct source_resource *resource;
	struct crawl_node *parent;
	char *key;		/* its name in the manifest */
	void *user;		/* owned by the caller */

	/* Known so far.  The caller may set ${gapped} only. */
	int64_t total;		/* -1: unknown */
	uint32_t size;		/* records a page; 0: no pages */
	unsigned pass;		/* number of this reading, from 1 */
	unsigned gaps;		/* pages that failed */
	uint64_t distinct;	/* different records in this pass */
	int64_t expected;	/* count given by another resource, or -1 */
	bool after_gapped;	/* the listing it waited for has gaps */
	bool gapped;		/* it ended incomplete */

	/* Private to the crawl. */
	uint32_t page_size;	/* records to request now, at most ${size} */
	unsigned streak;	/* pages received since it shrank */
	unsigned grow_after;	/* streak after which it grows */
	bool has_grown;		/* since it shrank */
	int64_t retry_budget;		/* sub-ranges that may still be tried */
	char *cursor;		/* of the next page; NULL: the first page */
	char *first_cursor;	/* of the second page, or NULL */
	bool is_resumed;	/* ${cursor} is from an earlier run */
	uint64_t print;		/* hash of the keys of this pass, in order */
	uint64_t known_print;	/* of those also seen in earlier passes */
	uint64_t
	    duplicates_print;	/* of those that came twice in this pass */
	uint64_t last_print;	/* ${print} of the pass before */
	uint64_t last_duplicates_print;	/* of the pass before */
	uint64_t duplicates;	/* records that came twice in this pass */
	uint64_t last_duplicates;	/* and in the pass before */
	uint64_t inserted;	/* new records between known ones in this
				 * pass */
	unsigned varied;	/* passes with another page size */
	uint32_t default_size;	/* page size before that */
	bool may_have_skipped;	/* in this pass, a page of a scroll was
				 * requested again: the reply may have been
				 * the page after it */
	bool received_alone;	/* the last page had only the record that it
				 * shares with the page before */
	bool has_duplicates;	/* a record was on two pages of this pass */
	unsigned fruitless;	/* pages in a row without a new record */
	bool is_endless;	/* there were too many of these */
	bool is_unproven;	/* more records than the total, and no proven
				 * end */
	bool is_broken;		/* a page lacks the record it must begin with */
	bool is_truncated;	/* the server reports more records, but no
				 * cursor */
	uint64_t largest;	/* records in the largest page of this pass */
	bool reports_size;		/* replies give the page size */
	bool is_full;		/* the last page was full */
	bool reports_end;		/* it reported the end */
	bool is_proven;		/* the end needs no probe */
	bool is_probed;		/* a page beyond the total was requested */
	bool is_capped;		/* there are more records than the total */
	uint64_t begin, end;	/* of a slice; ${end} 0: no end */
	int64_t from, to;	/* of a list by time, in ms */
	bool has_no_start;	/* ${from} is only an estimate */
	struct crawl_range *narrow;	/* overfull seconds: position,
					 * records */
	size_t n_narrow, narrow_capacity;
	struct crawl_range *subranges;	/* parts of failed pages, to be
					 * requested */
	size_t n_subranges, subranges_capacity;
	uint64_t ask;		/* position of the next request */
	uint64_t commit;	/* position of the next commit */
	size_t under_way;	/* jobs not finished */
	uint64_t fresh;		/* new records of this pass */
	bool is_open;		/* begun and not ended */
	bool first_received;	/* so total and size are known */
	bool is_exhausted;	/* the end was reached: request no more */
	int64_t max;		/* largest total of this pass, or -1 */
	uint64_t have;		/* different records of all passes */
	bool moved;		/* it changed while it was read */
	bool unsteady;		/* this pass saw it change */
	bool is_changing;	/* its total changed */
	unsigned first_pass;	/* number of this run's first pass */
	bool is_ended;		/* crawl_end() was called */
	struct crawl_node *nodes;	/* its records that are not done */
	struct crawl_range *ranges;
	size_t n_ranges;
	struct crawl_listing *waiters, *next_waiter;
	struct crawl_listing *prev, *next;	/* in the list of ready or
						 * open ones */
	struct crawl_listing *prev_below, *next_below;	/* in
							 * ${parent->below} */
};

enum crawl_what {
	CRAWL_NOTHING,	/* no job at the moment */
	CRAWL_OPEN,	/* a listing begins: what does the manifest have? */
	CRAWL_FETCH,	/* request a page of a listing */
	CRAWL_DERIVE,	/* make a listing from another */
	CRAWL_DONE	/* everything below ${node} is on disk */
};

struct crawl_job {
	enum crawl_what what;
	struct crawl_listing *listing;	/* not of CRAWL_DONE */
	struct crawl_node *node;	/* of CRAWL_DONE */
	uint64_t first;		/* position of the first record, from 0 */
	uint32_t count;		/* number of records; 0: all */
	unsigned pass;
	const char *cursor;	/* of the page, or NULL; borrowed */
	uint32_t overlap;	/* records shared with the page before: 0 or
				 * 1 */
	bool is_subrange;	/* part of a page that failed */
	bool is_narrow;		/* one second with tight borders */
	uint64_t min;		/* records that such a second must have */
	bool is_probe;		/* proves that nothing follows the total */
};

/* The outcome of a page. */
struct crawl_result {
	uint64_t received;	/* records in the reply */
	uint64_t distinct;	/* of these, new in this pass */
	uint64_t fresh;		/* of these, new in the export */
	uint64_t news;		/* new in this pass; equal records without a
				 * key count once */
	int64_t total;		/* given by the reply, or -1 */
	int64_t size;
	int more;		/* does it report more records?  0, 1; -1:
				 * unknown */
	const char *cursor;	/* of the next page, or NULL */
	bool changed;		/* in a list by time, a record came before
				 * with other bytes */
	bool retried;		/* the server may have served it more than
				 * once */
	uint64_t print;		/* hash of the keys of this pass, in order */
	uint64_t known_print;	/* of those also seen in earlier passes */
	uint64_t duplicates_print; /* of those that came twice in this pass */
	uint64_t inserted;	/* new records of this pass between known
				 * ones */
};

/*
 * State of a listing.  All but the first two mean that it has ended: see
 * crawl_end().
 */
enum crawl_state {
	CRAWL_CONTINUES,
	CRAWL_REREADS,	/* it is read once more */
	CRAWL_COMPLETE,	/* ended; all counts agree */
	CRAWL_MISCOUNTED,	/* ended; the counts don't agree */
	CRAWL_GAPS,	/* ended; pages failed */
	CRAWL_ENDLESS,	/* given up; page after page has no new record */
	CRAWL_UNPROVEN,	/* ended; the total is wrong and nothing proves the
			 * end */
	CRAWL_BROKEN,	/* ended; a page is empty that can't be */
	CRAWL_TRUNCATED,	/* ended; there is more, but no cursor */
	CRAWL_UNSTABLE,	/* ended; records came twice in each pass */
	CRAWL_SKIPPED	/* ended; each pass may have skipped a page */
};

/* What an earlier run left of an incomplete listing. */
struct crawl_known {
	int64_t total;
	uint32_t size;
	unsigned pass;
	bool unsteady;		/* this pass saw it move */
	uint64_t distinct;	/* records in ${ranges} */
	uint64_t have;		/* different records on disk */
	const struct crawl_range *ranges;	/* in order, disjoint */
	size_t n_ranges;
	const char *cursor;	/* of the next page, or NULL */
	const char *first_cursor;	/* named by the first page */
	bool is_full;		/* the last page was full */
	uint64_t largest;	/* records in the largest page */
	bool is_proven;		/* the end needs no probe */
};

struct crawl_settings {
	const struct source *source;
	/* The value of an option, or NULL. */
	const char *(*option)(void *, const char *);
	void *cookie;
	const char *started;	/* {run.started} */
	unsigned ahead;		/* pages requested ahead of their turn */
	unsigned more_ahead;	/* added to ${ahead} as pages arrive, at most */
	unsigned passes;	/* maximum of passes over a listing */
};

/**
 * crawl_new(settings):
 * Return the crawl of a source, at its start; free it with crawl_free().  What
 * ${settings} points to must outlive it.
 */
struct crawl *crawl_new(const struct crawl_settings *);

/**
 * crawl_free(crawl):
 * Free ${crawl}, which may be NULL, and all that it gave out.
 */
void crawl_free(struct crawl *);

/**
 * crawl_next(crawl, next_only, job):
 * Set ${job} to the next job and return its kind.  With ${next_only}, give out
 * no page that would have to wait for an earlier one, so that memory does not
 * grow.  Answer each job: CRAWL_OPEN with crawl_begin() or crawl_end(),
 * CRAWL_FETCH and CRAWL_DERIVE with crawl_finish() or crawl_fail(), CRAWL_DONE
 * with crawl_node_done().
 */
enum crawl_what crawl_next(struct crawl *, bool, struct crawl_job *);

/** crawl_is_over(crawl): Are all jobs answered and none left? */
bool crawl_is_over(const struct crawl *);

/**
 * crawl_begin(crawl, listing, known):
 * Answer CRAWL_OPEN. ${known} is what is on disk, NULL if nothing; link its
 * records that may have children first. (If the listing is complete, link them
 * and call crawl_end() instead.) Return the listing's state, since all of it
 * may be on disk.
 */
enum crawl_state crawl_begin(struct crawl *, struct crawl_listing *,
    const struct crawl_known *);

/**
 * crawl_end(crawl, listing):
 * ${listing} has ended and the caller is done with it.  Release the listings
 * that wait for it, and free ${listing}.
 */
void crawl_end(struct crawl *, struct crawl_listing *);

/**
 * crawl_is_next(job):
 * Are all pages before this one committed or gaps, so that this one can be
 * committed?
 */
bool crawl_is_next(const struct crawl_job *);

/**
 * crawl_link(crawl, listing, parts, values):
 * Add a record of ${listing} that may have children.  ${parts} is its key and
 * ${values} its fields in the resource's order, each newly allocated or NULL;
 * the crawl takes both arrays and their members.
 */
void crawl_link(struct crawl *, struct crawl_listing *, char **, char **);

/**
 * crawl_add_fields(crawl, listing, values):
 * Set the fields of the document ${listing}; ownership as in crawl_link().
 */
void crawl_add_fields(struct crawl *, struct crawl_listing *, char **);

/**
 * crawl_finish(crawl, job, result):
 * The page or derived listing, whose turn it was, is committed.  Return the new
 * state of its listing.
 */
enum crawl_state crawl_finish(struct crawl *, const struct crawl_job *,
    const struct crawl_result *);

/**
 * crawl_has_moved(job, result):
 * Were records added or removed before the page since the pages before it were
 * read?
 */
bool crawl_has_moved(const struct crawl_job *, const struct crawl_result *);

/**
 * crawl_fail(crawl, job):
 * The page, whose turn it was, can't be fetched.  Return the new state of its
 * listing.
 */
enum crawl_state crawl_fail(struct crawl *, const struct crawl_job *);

/**
 * crawl_restart(listing):
 * Read the listing once more from its start and ignore its gaps.  No job of it
 * may be unfinished.
 */
void crawl_restart(struct crawl_listing *);

/**
 * crawl_is_short(listing):
 * In a list by cursor, or by page number without a page size in the replies:
 * were fewer records received than the total?
 */
bool crawl_is_short(const struct crawl_listing *);

/**
 * crawl_read_once_more(crawl, listing):
 * Read the listing, which has ended, once more.  Return false if it has had all
 * its passes.
 */
bool crawl_read_once_more(struct crawl *, struct crawl_listing *);

/**
 * crawl_end_probe(crawl, job, failed):
 * The probe ${job} brought no page: the server has none, or, if it ${failed},
 * that is unknown, which is a gap.  Return the new state of its listing.
 */
enum crawl_state crawl_end_probe(struct crawl *, const struct crawl_job *,
    bool);

/**
 * crawl_number(crawl, listing, var):
 * Return the whole number that ${var} has at ${listing}, or -1.
 */
int64_t crawl_number(struct crawl *, const struct crawl_listing *,
    const struct source_var *);

/**
 * crawl_bisect(job, too_much):
 * The page failed: can it be requested in smaller sub-ranges?  If so, give
 * these out next and end ${job}.  If it was ${too_much} for the server, also
 * request smaller pages from now on, until enough have arrived.  Return false
 * if that is useless: then call crawl_fail().
 */
bool crawl_bisect(const struct crawl_job *, bool);

/**
 * crawl_bisect_time(job, offset):
 * The interval may have more records than were received.  Split it at
 * ${offset}, a time in ms, or in its middle if ${offset} is outside; give out
 * both parts next and end ${job}.  Return false if it is too short to split.
 */
bool crawl_bisect_time(const struct crawl_job *, int64_t);

/**
 * crawl_narrow(job, seen):
 * The interval, of one second, has too many records: ${seen} of that second,
 * and others of the second before.  Give it out again without the others and
 * end ${job}.  Return false if it was narrow already.
 */
bool crawl_narrow(const struct crawl_job *, uint64_t);

/**
 * crawl_is_inside(job, offset):
 * Is the time ${offset}, in ms, in the interval itself, with the borders of
 * crawl_narrow()?  Each time is in exactly one interval.
 */
bool crawl_is_inside(const struct crawl_job *, int64_t);

/**
 * crawl_reply_cap(crawl, job):
 * Return the number of records at which a reply for the interval ${job} counts
 * as full, or 0.
 */
uint64_t crawl_reply_cap(struct crawl *, const struct crawl_job *);

/**
 * crawl_time(job, end, out):
 * Write the start of the interval, or its ${end}.
 */
void crawl_time(const struct crawl_job *, bool, char [32]);

/**
 * crawl_is_stale(job):
 * The page failed.  If its cursor is from an earlier run, the server may have
 * forgotten it: end ${job}, begin the listing from its start and return true.
 */
bool crawl_is_stale(const struct crawl_job *);

/** crawl_is_endless(job): If the page fails, is everything after it unknown? */
bool crawl_is_endless(const struct crawl_job *);

/**
 * crawl_page_received(job):
 * Note that the page has arrived; it may wait for its turn.
 */
void crawl_page_received(const struct crawl_job *);

/** crawl_node_done(crawl, node): Answer CRAWL_DONE and free ${node}. */
void crawl_node_done(struct crawl *, struct crawl_node *);

/* ------------------------------------------------------------- names */

/**
 * crawl_record_key(resource, parts, text):
 * Append the key of a record of ${resource}: its ${parts}, percent-encoded and
 * joined by "+".
 */
void crawl_record_key(const struct source_resource *, char *const *,
    struct text *);

/* Gives a template's variables their values. */
struct crawl_resolver {
	const struct crawl *crawl;
	const struct crawl_node *node;	/* the closest parent record */
	const struct crawl_job *job;	/* for {page...}; or NULL */
	char *const *parts;		/* the record's own key; or NULL */
	char number[32];
};

/**
 * crawl_lookup(resolver):
 * Return a scope that reads from ${resolver}, valid as long as ${resolver} is.
 */
struct source_lookup crawl_lookup(struct crawl_resolver *);

/* ------------------------------------------------------------ counting */

/* Progress. */
struct crawl_counts {
	uint64_t listings_open;		/* begun and not ended */
	uint64_t listings_ready;	/* known and not begun */
	uint64_t pages_known;		/* not requested yet, in open
					 * listings */
};

/** crawl_count(crawl, counts): Fill ${counts}. */
void crawl_count(const struct crawl *, struct crawl_counts *);

/**
 * crawl_each_open(crawl, after):
 * Return the open listing after ${after} (NULL: the first), or NULL.
 */
const struct crawl_listing *crawl_each_open(const struct crawl *,
    const struct crawl_listing *);

/**
 * crawl_each_ready(crawl, after):
 * Return the ready listing after ${after} (NULL: the first), or NULL, in the
 * order in which CRAWL_OPEN gives them out; listings found later may come
 * before it.
 */
struct crawl_listing *crawl_each_ready(const struct crawl *,
    const struct crawl_listing *);

#endif
