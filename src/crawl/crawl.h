#ifndef CRAWL_H
#define CRAWL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "source/source.h"

/*
 * What to ask for next.  The crawl knows which listings there are, which
 * parts of each have been asked for and which have come, and so what may be
 * asked next and what is over.  It is told results and gives out jobs; it
 * touches nothing else, and it holds no record: only the few fields by which
 * one resource hangs from another.
 *
 * A listing is one resource below one record: the versions of that file.  A
 * document is a listing with one record.  A listing is asked for in windows
 * (pages); they may come back in any order, but they are committed in theirs:
 * see crawl_is_next().
 *
 * Where a list is asked for by time (SOURCE_INTERVALS), positions are seconds
 * from its beginning (or its end, if the newest come first), and not records.
 */
struct crawl;

/* A record that others hang from; the root has no resource. */
struct crawl_node {
	struct crawl_node *parent;
	const struct source_resource *resource;
	char *key;		/* names it among its siblings, encoded */
	char **parts;		/* of its key, as they came */
	char **values;		/* of its resource's fields; NULL: none */
	struct crawl_fields *fields;	/* of documents beside its children */
	struct crawl_listing *listing;	/* the one it is from */
	struct crawl_listing *below;	/* listings that are not over */
	uint64_t order;		/* of the record at the top, among its like */
	unsigned depth;		/* records above it */
	bool gapped;		/* something below could not be had */
	struct crawl_node *prev, *next;
};

/* A part of a listing that is there already: records from, and how many. */
struct crawl_range {
	uint64_t first, count;
};

struct crawl_listing {
	const struct source_resource *resource;
	struct crawl_node *parent;
	char *key;		/* names it in the export */
	void *user;		/* the caller's */

	/* What is known of it; of these the caller may set ${gapped}. */
	int64_t total;		/* -1: not known */
	uint32_t size;		/* records a page; 0: there are no pages */
	unsigned pass;		/* which reading of it, from 1 */
	unsigned gaps;		/* windows that could not be had */
	uint64_t distinct;	/* records of this pass */
	int64_t expected;	/* by another resource; -1: not said */
	bool after_gapped;	/* what it comes after has gaps */
	bool gapped;		/* it ended, but not whole */

	/* The crawl's own. */
	uint32_t page_size;	/* records to ask for now; part of ${size} */
	unsigned streak;	/* windows that came since it got smaller */
	unsigned grow_after;	/* so many, before larger ones are tried */
	bool has_grown;		/* since it got smaller */
	int64_t retry_budget;		/* pieces that may still be tried */
	char *cursor;		/* of the next page; NULL: the first */
	char *first_cursor;	/* of the page behind the first; or NULL */
	bool is_resumed;	/* ${cursor} is from an earlier run */
	uint64_t print;		/* of the records of this pass, */
	uint64_t known_print;	/* of those that came in another one before, */
	uint64_t
	    duplicates_print;	/* likewise, of those that came twice in it */
	uint64_t last_print;	/* of all in the pass before, */
	uint64_t last_duplicates_print;	/* and of those that came twice */
	uint64_t duplicates;	/* records that came twice in this pass, */
	uint64_t last_duplicates;	/* and in the one before */
	uint64_t inserted;	/* new ones between others, in this pass */
	unsigned varied;	/* readings in pages of another size */
	uint32_t default_size;	/* of pages, before that */
	bool is_stepped;	/* in this pass, a page of a scroll was asked
				 * for again: it may have been the next one */
	bool received_alone;	/* the record that a page shares with the next
				 * one: that page had nothing else */
	bool has_duplicates;	/* a record came on two pages of this pass */
	unsigned barren;	/* pages in a row that brought nothing new */
	bool is_endless;	/* too many of them */
	bool is_unproven;	/* more than the total came, and no end */
	bool is_broken;		/* a page lacks the record it begins with */
	bool is_cut;		/* more is said to come, and not where */
	uint64_t largest;	/* page of this pass, in records */
	bool says_size;		/* replies say how large pages are */
	bool is_full;		/* the last page had all it may have */
	bool says_over;		/* it said that there is no more */
	bool is_proven;		/* no probe need tell where it ends */
	bool is_probed;		/* a page beyond the total was asked for */
	bool is_capped;		/* the total is less than there is */
	uint64_t begin, end;	/* of a slice; ${end} 0: all there is */
	int64_t from, to;	/* ms, of a list by time */
	bool is_open_left;	/* it has no beginning but ${from} */
	struct crawl_range *narrow;	/* seconds: position, records in it */
	size_t n_narrow, narrow_capacity;
	struct crawl_range *subranges;	/* to be asked for again, smaller */
	size_t n_subranges, pieces_capacity;
	uint64_t ask;		/* first record not asked for yet */
	uint64_t commit;	/* first record not committed yet */
	size_t under_way;	/* jobs given out and not finished */
	uint64_t fresh;		/* records that this pass brought */
	bool is_open;		/* begun, and not left */
	bool first_received;	/* so that total and size are known */
	bool is_dry;		/* an empty page came: ask no further */
	int64_t max;		/* the largest total of this pass, or -1 */
	uint64_t have;		/* different records, of all passes */
	bool moved;		/* it ended, and moved meanwhile */
	bool unsteady;		/* this pass saw it move, */
	bool is_changing;	/* namely its total */
	unsigned first_pass;	/* of this run */
	bool left;		/* crawl_end() was called */
	struct crawl_node *nodes;	/* records of it that aren't done */
	struct crawl_range *ranges;
	size_t n_ranges;
	struct crawl_listing *waiters, *next_waiter;
	struct crawl_listing *prev, *next;	/* ready, or open */
	struct crawl_listing *prev_below, *next_below;	/* of ${parent} */
};

enum crawl_what {
	CRAWL_NOTHING,	/* nothing can be given out now */
	CRAWL_OPEN,	/* a listing begins: what is known of it? */
	CRAWL_FETCH,	/* a window of a listing is to be had */
	CRAWL_DERIVE,	/* a listing is to be made from another */
	CRAWL_DONE	/* everything below ${node} is there */
};

struct crawl_job {
	enum crawl_what what;
	struct crawl_listing *listing;	/* not of CRAWL_DONE */
	struct crawl_node *node;	/* of CRAWL_DONE */
	uint64_t first;		/* position of the first record, from 0 */
	uint32_t count;		/* how many; 0: all there are */
	unsigned pass;
	const char *cursor;	/* the page's mark, or NULL; borrowed */
	uint32_t overlap;	/* records that are there already: 0 or 1 */
	bool is_subrange;	/* of a window that could not be had whole */
	bool is_narrow;		/* a second, and hardly more */
	uint64_t min;		/* records that it must have, if so */
	bool is_probe;		/* is there really nothing behind the total? */
};

/* What came of a window. */
struct crawl_result {
	uint64_t received;	/* records in the reply */
	uint64_t distinct;	/* of them, new in this pass */
	uint64_t fresh;		/* of them, new in the whole export */
	uint64_t news;		/* in this pass; equal ones without a key
				 * are one */
	int64_t total;		/* what the reply says, or -1 */
	int64_t size;
	int more;		/* are there more: 0, 1, or -1: not said */
	const char *cursor;	/* of the next page, or NULL */
	bool changed;		/* a record came before with other bytes, in
				 * a list by time */
	bool retried;		/* it may have been served more than once */
	uint64_t print;		/* of all that came in this pass, in order */
	uint64_t known_print;	/* of those that came in an earlier one, too */
	uint64_t duplicates_print; /* of those that came before in this one */
	uint64_t inserted;	/* of this pass: new ones, with others of an
				 * earlier one on both sides */
};

/* Where a listing stands.  All but the first two are ends: see crawl_end(). */
enum crawl_state {
	CRAWL_GOES_ON,
	CRAWL_AGAIN,	/* counts don't agree: it is read once more */
	CRAWL_WHOLE,	/* ended, and all counts agree */
	CRAWL_DIFFERS,	/* ended; they still don't agree */
	CRAWL_HOLED,	/* ended; windows of it are missing */
	CRAWL_ENDLESS,	/* given up: page after page has nothing new */
	CRAWL_UNPROVEN,	/* ended; the total is wrong, and nothing else tells */
	CRAWL_BROKEN,	/* ended: a page is empty that can't be */
	CRAWL_CUT,	/* ended: there is more, and no one says where */
	CRAWL_RESTLESS,	/* ended: in each reading records came twice */
	CRAWL_STEPPED	/* ended: a page may have been stepped over in each */
};

/* What an earlier run left of a listing that isn't whole. */
struct crawl_known {
	int64_t total;
	uint32_t size;
	unsigned pass;
	bool unsteady;		/* this pass saw it move */
	uint64_t distinct;	/* records in ${ranges} */
	uint64_t have;		/* different records on disk */
	const struct crawl_range *ranges;	/* in order, none twice */
	size_t n_ranges;
	const char *cursor;	/* of the next page, or NULL */
	const char *first_cursor;	/* that the first page named */
	bool is_full;		/* the last page had all it may have */
	uint64_t largest;	/* page, in records */
	bool is_proven;		/* no probe need tell where it ends */
};

struct crawl_settings {
	const struct source *source;
	/* The value of an option, or NULL. */
	const char *(*option)(void *, const char *);
	void *cookie;
	const char *started;	/* {run.started} */
	unsigned ahead;		/* windows asked for before their turn, */
	unsigned more_ahead;	/* and at most so many more, as they come */
	unsigned passes;	/* readings of a listing, at most */
};

/**
 * crawl_new(settings):
 * Return the crawl of a source from its start; crawl_free() it.  What
 * ${settings} points to must live as long.
 */
struct crawl *crawl_new(const struct crawl_settings *);

/** crawl_free(crawl): Free ${crawl} (may be NULL) and all it gave out. */
void crawl_free(struct crawl *);

/**
 * crawl_next(crawl, next_only, job):
 * Set ${job} to what can be done next and return what that is.  With
 * ${next_only}, give out no window that would have to wait for one before it:
 * so nothing is added to what must be held in memory.  Each job is
 * to be answered: CRAWL_OPEN by crawl_begin() or crawl_end(), CRAWL_FETCH and
 * CRAWL_DERIVE by crawl_finish() or crawl_fail(), CRAWL_DONE by
 * crawl_node_done().
 */
enum crawl_what crawl_next(struct crawl *, bool, struct crawl_job *);

/** crawl_over(crawl): Is everything answered and nothing left to give? */
bool crawl_over(const struct crawl *);

/**
 * crawl_begin(crawl, listing, known):
 * Answer CRAWL_OPEN.  ${known} is what is there already, NULL if nothing;
 * the records in it that may have children must have been linked.  (Where
 * the whole listing is there, link them, and call crawl_end() instead.)
 * Return where the listing stands: all of it may be there.
 */
enum crawl_state crawl_begin(struct crawl *, struct crawl_listing *,
    const struct crawl_known *);

/**
 * crawl_end(crawl, listing):
 * The caller has done what is to be done at the end of ${listing}; what
 * waits for it may begin.  ${listing} is gone then.
 */
void crawl_end(struct crawl *, struct crawl_listing *);

/**
 * crawl_is_next(job):
 * Are all windows before this one committed (or gaps), so that this one may
 * be?
 */
bool crawl_is_next(const struct crawl_job *);

/**
 * crawl_link(crawl, listing, parts, values):
 * A record of ${listing} that may have children is there.  ${parts} is its
 * key and ${values} its fields, in the resource's order, each new or NULL;
 * both arrays and all in them are ours now.
 */
void crawl_link(struct crawl *, struct crawl_listing *, char **, char **);

/**
 * crawl_add_fields(crawl, listing, values):
 * The fields of the one document ${listing} are these; as crawl_link().
 */
void crawl_add_fields(struct crawl *, struct crawl_listing *, char **);

/**
 * crawl_finish(crawl, job, result):
 * The window or derived listing is committed; it was its turn.  Return where
 * its listing stands now.
 */
enum crawl_state crawl_finish(struct crawl *, const struct crawl_job *,
    const struct crawl_result *);

/**
 * crawl_has_moved(job, result):
 * Did records come or go before the window since those before it were read?
 */
bool crawl_has_moved(const struct crawl_job *, const struct crawl_result *);

/**
 * crawl_fail(crawl, job):
 * It can't be had; it was its turn.  Return where its listing stands now.
 */
enum crawl_state crawl_fail(struct crawl *, const struct crawl_job *);

/**
 * crawl_restart(listing):
 * The listing is read once more, from its start, whatever came of it so far.
 * Nothing of it is under way.
 */
void crawl_restart(struct crawl_listing *);

/**
 * crawl_is_short(listing):
 * Of a list that goes by marks, or by numbers and does not say how large its
 * pages are: did fewer records come than the total says?
 */
bool crawl_is_short(const struct crawl_listing *);

/**
 * crawl_once_more(crawl, listing):
 * The listing has ended.  Read it once more?  Return false if it was read as
 * often as it may be.
 */
bool crawl_once_more(struct crawl *, struct crawl_listing *);

/**
 * crawl_end_probe(crawl, job, failed):
 * The probe ${job} did not come: the server has no such page; or it
 * ${failed}, nobody knows, and that is a gap.  Return where its listing stands
 * now.
 */
enum crawl_state crawl_end_probe(struct crawl *, const struct crawl_job *,
    bool);

/**
 * crawl_number(crawl, listing, var):
 * Return the whole number that ${var} stands for where ${listing} is; or -1.
 */
int64_t crawl_number(struct crawl *, const struct crawl_listing *,
    const struct source_var *);

/**
 * crawl_bisect(job, too_much):
 * The window can't be had; may it be had in smaller pieces?  If so they are
 * given out next, and ${job} is over.  If it was ${too_much} for the server,
 * what is asked for later is small too, until enough of it has come.  Return
 * false if that is of no use: then crawl_fail() it.
 */
bool crawl_bisect(const struct crawl_job *, bool);

/**
 * crawl_bisect_time(job, offset):
 * The window of time may have more records than came.  Give out, next, the
 * one before and the one from ${offset}, a time in ms, or if that is not inside
 * it from its middle; ${job} is over then.  Return false if it is too short
 * to be split.
 */
bool crawl_bisect_time(const struct crawl_job *, int64_t);

/**
 * crawl_narrow(job, seen):
 * The window of time, of a second, has too many records, of which ${seen} are
 * of that second and others of the one before it.  Give it out, next, without
 * these; ${job} is over then.  Return false if it was so already.
 */
bool crawl_narrow(const struct crawl_job *, uint64_t);

/**
 * crawl_is_inside(job, offset):
 * Is ${offset}, in ms, in the window of time itself, as crawl_narrow() has it?
 * Each time is in one window.
 */
bool crawl_is_inside(const struct crawl_job *, int64_t);

/**
 * crawl_has_cap(crawl, job):
 * Return how many records of the window of time ${job} are too many; or 0.
 */
uint64_t crawl_has_cap(struct crawl *, const struct crawl_job *);

/**
 * crawl_time(job, end, out):
 * Write when the window of time begins, or ends.
 */
void crawl_time(const struct crawl_job *, bool, char [32]);

/**
 * crawl_is_stale(job):
 * The page can't be had.  Was its mark kept by an earlier run, so that the
 * server may have forgotten it?  Then the list is read again from its start,
 * and ${job} is over.
 */
bool crawl_is_stale(const struct crawl_job *);

/** crawl_is_endless(job): If it can't be had, is the rest not known either? */
bool crawl_is_endless(const struct crawl_job *);

/** crawl_page_received(job): The window has come; it may wait for its turn. */
void crawl_page_received(const struct crawl_job *);

/** crawl_node_done(crawl, node): Answer CRAWL_DONE; ${node} is gone then. */
void crawl_node_done(struct crawl *, struct crawl_node *);

/* ------------------------------------------------------------- names */

/**
 * crawl_record_key(resource, parts, text):
 * Add the key of a record of ${resource}: its ${parts}, percent-encoded, with
 * a "+" between them.
 */
void crawl_record_key(const struct source_resource *, char *const *,
    struct text *);

/* Where a template's variables get their values from. */
struct crawl_resolver {
	const struct crawl *crawl;
	const struct crawl_node *node;	/* the nearest record above */
	const struct crawl_job *job;	/* for {page...}, or NULL */
	char *const *parts;		/* for the record's own key, or NULL */
	char number[32];
};

/**
 * crawl_lookup(resolver):
 * Return the scope that looks through ${resolver}, and is valid as long as it.
 */
struct source_lookup crawl_lookup(struct crawl_resolver *);

/* ------------------------------------------------------------ counting */

/* How far things are, for a display. */
struct crawl_counts {
	uint64_t listings_open;		/* begun and not ended */
	uint64_t listings_ready;	/* known and not begun */
	uint64_t pages_known;		/* left to ask for in open ones */
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
 * Return the listing that is given out (CRAWL_OPEN) after ${after} (NULL: the
 * first), or NULL; what is found meanwhile may come before it.
 */
struct crawl_listing *crawl_each_ready(const struct crawl *,
    const struct crawl_listing *);

#endif
