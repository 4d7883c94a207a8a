#ifndef AUDIT_INTERNAL_H
#define AUDIT_INTERNAL_H

#include <sys/types.h>

#include "audit/audit.h"
#include "crawl/crawl.h"
#include "page/page.h"
#include "tree/tree.h"

/** audit_unit(source): Return the resource whose records get a mark. */
const struct source_resource *audit_unit(const struct source *);

/** audit_count_kind(summary, name): One more of the kind ${name}. */
void audit_count_kind(struct audit_summary *, const char *);

/** audit_count_unit(summary, unit, record): One more, by what it says. */
void audit_count_unit(struct audit_summary *, const struct source_resource *,
    struct span);

/** audit_sort_kinds(summary): By name. */
void audit_sort_kinds(struct audit_summary *);

/** audit_legacy_summary(tree, source, summary, err): From the files alone. */
int audit_legacy_summary(struct tree *, const struct source *,
    struct audit_summary *, struct err *);

struct audit_patterns;

/** audit_patterns_new(source): The paths of its files, as patterns. */
struct audit_patterns *audit_patterns_new(const struct source *);

/** audit_resource_of(patterns, path): Return whose file it is, or NULL. */
const struct source_resource *audit_resource_of(
    const struct audit_patterns *, const char *);

/** audit_is_done_marker(patterns, path): Is it a mark that all below is there?
 */
bool audit_is_done_marker(const struct audit_patterns *, const char *);

/** audit_patterns_free(patterns): Free them; they may be NULL. */
void audit_patterns_free(struct audit_patterns *);

struct audit_members;

/* ------------------------------------------------------------ verify */

/* The listing that is being looked at. */
struct audit_listing {
	struct crawl_listing *crawl;	/* NULL: none */
	struct manifest_listing known;	/* ours: what the manifest says */
	struct tree_receipts files;
	size_t next;
	struct set *seen;		/* its records, by key, as they are
					 * read; of shards that came one by
					 * one, they were seen there */
	struct set *tally;		/* those without a key, by bytes */
	uint64_t records;		/* that were read */
	uint64_t items;			/* in them, if they are arrays */
	uint64_t duplicates;		/* that came again */
	uint64_t same_key;		/* likewise, and rightly */
	uint64_t lines, bytes;		/* of the file read last */
	uint64_t rows;			/* in it: lines as they were written,
					 * no empty ones, one a record */
	unsigned char sha256[SHA256_BYTES];
	struct audit_prescan **prescans; /* by file, those ahead; or NULL */
	bool *is_whole;			/* by file, of those read */
	size_t is_whole_capacity;
	uint64_t *rows_of;		/* likewise */
	size_t rows_capacity;
	json_t *fields;			/* of a document, for the manifest */
	bool unread;			/* some were not */
};

/* What is not as it was written, and no damage: enum page_odd, and */
#define AUDIT_ODD_EMPTY 64	/* a line with nothing in it */
#define AUDIT_ODDS 7

struct audit_odd {
	uint64_t n;		/* records, or lines */
	char *path;		/* of the first one's file */
};

struct audit_verify {
	struct audit_settings settings;
	struct audit_odd odds[AUDIT_ODDS];	/* by bit */
	struct tree *tree;
	struct manifest *manifest;	/* NULL: the old tool's */
	struct manifest *partial;	/* old: adopted, and not complete */
	struct audit_members *members;	/* NULL: its files are in ${tree} */
	json_t *options;		/* of the export's header */
	char *started;
	char *lost_server;	/* all that is left of the manifest; or NULL */
	struct crawl *crawl;
	struct audit_listing current;
	struct set *visited;		/* keys of listings */
	struct set *checked;		/* paths of files */
	struct set *known;		/* paths of files that may be there */
	struct tree_receipts hashed;	/* old: what was read, to be adopted */
	struct tree *adopting;		/* old: locked, and */
	struct manifest *adopted;	/* the manifest that is made */
	struct audit_paths *paths;	/* old: by resource */
	bool blind;			/* a record with children is damaged */
	bool is_adopted;		/* another tool began it */
	bool from_copy;			/* the manifest is damaged */
	bool is_salvaged;		/* and so is its copy */
	bool long_first;		/* old: a shard of 1,001 lines */
	uint64_t *uncounted;		/* old, by resource: listings of which
					 * nothing tells how many there were */
	bool walked, is_over;		/* how far it is */
	struct tree_receipts rest;	/* then: what the walk did not reach */
	const char **rest_keys;		/* of their listings, or NULL */
	size_t rest_keys_capacity;
	const char *rest_key;		/* of the one at hand */
	bool has_sums;			/* old: they are those of SHA256SUMS */
	size_t next;
	size_t stray_of, stray;		/* old: the resource, and its file */
	struct audit_finding *findings;
	size_t n_findings, findings_capacity;
	uint64_t wrong;			/* findings that count */
	char *accepted;			/* when others were; or NULL */
	struct {			/* of an archive: see
					 * audit_accept_archive() */
		char *text;
		const unsigned char *(*digest)(void *, const char *);
		void *cookie;
	} accept;
	struct audit_progress progress;
	struct page_plan **plans;	/* by resource */
	struct audit_pool *pool;	/* that looks at files; or NULL */
	struct text key;		/* of a record */
	struct text path;
};

/**
 * audit_find(verify, finding, format, ...):
 * Add a finding; path and listing of ${finding} are copied.
 */
void audit_find(struct audit_verify *, struct audit_finding, const char *,
    ...) __attribute__((format(printf, 3, 4)));

/* What is wanted of a file's records. */
enum audit_wanted {
	AUDIT_NO_RECORDS,	/* but that they are such */
	AUDIT_COUNTS,
	AUDIT_RECORDS		/* what the walk has to know of them */
};

struct audit_content;
struct audit_desk;
struct audit_item;
struct audit_prescan;
struct audit_pool;

/* What becomes of each record of a file; by its line, or 0. */
typedef void audit_record(struct audit_content *, uint64_t,
    const struct page_record *);

/* -------------------------------------------------- audit_accept.c */

/** audit_accept_prescan(verify): Mark the findings that were accepted. */
void audit_accept_prescan(struct audit_verify *);

/**
 * audit_accepted_in(tree, sealed, lacks):
 * Return when findings were accepted, new; NULL: none.  Set ${lacks} if some
 * of them still tell of damage, or of what is missing; of a ${sealed} export
 * no list is.
 */
char *audit_accepted_in(const struct tree *, bool, bool *);

/* ------------------------------------------------- audit_content.c */

/* A file's bytes, while they come; who reads it sets the first of these. */
struct audit_content {
	struct audit_verify *verify;	/* has the findings, but for */
	struct audit_prescan *prescan;	/* where they wait; or NULL */
	struct audit_desk *desk;
	const struct tree_receipt *receipt;
	const char *listing;	/* its key, or NULL */
	const struct page_plan *plan;	/* of its records; or NULL */
	bool by_line;		/* a record a line, else one in all */
	uint64_t max;		/* bytes of it that count */
	uint64_t largest;	/* that a record may have; 0: any */
	audit_record *record;	/* or NULL */
	struct sha256 *hash;	/* the desk's; NULL: that is not wanted */
	bool is_hashed;		/* by who reads it */

	uint64_t bytes, lines;	/* that came, of those that count */
	uint64_t rows;		/* records and damaged lines among them */
	unsigned char sha256[SHA256_BYTES];	/* at the end */
	const struct tree_receipt *grew_from;	/* old: what it was; or NULL */
	unsigned char prefix[SHA256_BYTES];	/* of as many bytes */
	bool is_whole;		/* the reader's too: nothing is wrong yet */
	bool is_too_large;	/* the record that is being read */
};

/** audit_content_begin(content): Nothing has come yet. */
void audit_content_begin(struct audit_content *);

/** audit_content_add(content, data, len): Bytes that come. */
void audit_content_add(struct audit_content *, const char *, size_t);

/** audit_content_end(content): That was all; what is wrong is found. */
void audit_content_end(struct audit_content *);

/** audit_content_find(content, kind, format, ...): It is not whole. */
void audit_content_find(struct audit_content *, enum audit_problem,
    const char *, ...) __attribute__((format(printf, 3, 4)));

/** audit_add_odd(verify, odd, n, path): So often, in the file ${path}. */
void audit_add_odd(struct audit_verify *, size_t, uint64_t, const char *);

/* ---------------------------------------------------- audit_prescan.c */

/** audit_prescan_find(prescan, kind, what): It is wrong; that waits there. */
void audit_prescan_find(
    struct audit_prescan *, enum audit_problem, const char *);

/* ---------------------------------------------------- audit_read.c */

/**
 * audit_read(verify, receipt, wanted, err):
 * Read the file of ${receipt} (in a listing: the one before the next), check
 * that it is as the receipt says (if it is of a manifest) and that its records
 * are such, and take what is ${wanted} of them.  What is wrong becomes a
 * finding.  Return 1 if it is whole; 0 if not; -1 with ${err} set.
 */
int audit_read(struct audit_verify *, const struct tree_receipt *,
    enum audit_wanted, struct err *);

/* ---------------------------------------------------- audit_sums.c */

#define AUDIT_SUMS_MAX (1 << 30)

/** audit_sums_take(verify, sums): Old: take what SHA256SUMS says. */
void audit_sums_take(struct audit_verify *, const struct text *);

/** audit_sums_read(verify): Old: read it, if it is there. */
void audit_sums_read(struct audit_verify *);

/** audit_sums_find(verify, path): Return what it says of ${path}, or NULL. */
const struct tree_receipt *audit_sums_find(const struct audit_verify *,
    const char *);

/* ------------------------------------------------- audit_members.c */

/** audit_members_begin(verify, archive, err): The files come one by one. */
int audit_members_begin(struct audit_verify *, const struct audit_archive *,
    struct err *);

/**
 * audit_members_read(verify, receipt):
 * As audit_read(), of a file that came: what was taken from its records is
 * given on.
 */
int audit_members_read(struct audit_verify *, const struct tree_receipt *);

/** audit_members_rest(verify): The files that the walk did not come to. */
void audit_members_rest(struct audit_verify *);

/**
 * audit_members_each(verify, file, cookie, err):
 * As audit_each_file(), for all that came.
 */
int audit_members_each(struct audit_verify *,
    int (*)(void *, const char *, bool, struct err *), void *, struct err *);

/** audit_members_has(verify, path): Did such a file come? */
bool audit_members_has(const struct audit_verify *, const char *);

/** audit_members_free(verify): Free what audit_members_begin() made. */
void audit_members_free(struct audit_verify *);

/* ---------------------------------------------------- audit_walk.c */

/**
 * audit_find_refused(verify):
 * What a server that was asked since another tool's tree was adopted did not
 * give.
 */
void audit_find_refused(struct audit_verify *);

/** audit_take_fields(verify, values): The document that is read has these. */
void audit_take_fields(struct audit_verify *, char **);

/**
 * audit_take_key(verify, path, line, named, hash):
 * The record that is read is called ${verify->key}, which has that mark.
 * Return whether it is new in its listing.
 */
bool audit_take_key(struct audit_verify *, const char *, uint64_t, bool,
    struct set_hash);

/**
 * audit_take_item(verify, path, item, key):
 * A record was read.  What it has for the walk is the walk's then.
 */
void audit_take_item(struct audit_verify *, const char *, struct audit_item *,
    const char *);

/**
 * audit_say_duplicate(verify, path, listing, line, named, nth):
 * It is not: the ${nth} of its listing.
 */
void audit_say_duplicate(struct audit_verify *, const char *, const char *,
    uint64_t, bool, uint64_t);

/**
 * audit_count_record(resource, record):
 * Return how many records it is: of an array, those in it.
 */
uint64_t audit_count_record(const struct source_resource *,
    const struct page_record *);

/** audit_walk(verify, err): Look at the next file of the walk.  1, 0, -1. */
int audit_walk(struct audit_verify *, struct err *);

/** audit_listing_release(listing): Free what it holds. */
void audit_listing_release(struct audit_listing *);

/** audit_is_bookkeeping(path): Is it a file with what is known of the others?
 */
bool audit_is_bookkeeping(const char *);

/** audit_tell_odds(verify): Say what was done to files that is no damage. */
void audit_tell_odds(struct audit_verify *);

/**
 * audit_bookkeeping(verify, err):
 * Look at what is around the files that count: what nothing knows, the sums,
 * the log, the copy of the manifest.
 */
int audit_bookkeeping(struct audit_verify *, struct err *);

/** audit_want(resource, options): Set the options that ${resource} needs. */
void audit_want(const struct source_resource *, json_t *);

/** audit_adopt_listing(verify): Old: the listing into the new manifest. */
void audit_adopt_listing(struct audit_verify *);

/**
 * audit_adopt_not(verify, resource):
 * Old: the listing of ${resource} beside the one that is looked at is not
 * whole, whatever was said.
 */
void audit_adopt_not(struct audit_verify *, const struct source_resource *);

/**
 * audit_expected(verify, name):
 * Old: how many records other records say there should be, and where that
 * stands; or -1.
 */
int64_t audit_expected(struct audit_verify *, const char **);

/**
 * audit_disk_unnamed(verify, path, line):
 * Old: what stands there has no key, as each record of the listing has.
 */
void audit_disk_unnamed(struct audit_verify *, const char *, uint64_t);

/** audit_has_files(verify, resource): Old: did the tool take any of it? */
bool audit_has_files(const struct audit_verify *,
    const struct source_resource *);

/** audit_is_done(verify, node): Old: is all below ${node} marked as there? */
bool audit_is_done(struct audit_verify *, const struct crawl_node *);

/** audit_disk_begin(verify, err): Old: see what files there are. */
int audit_disk_begin(struct audit_verify *, struct err *);

/** audit_disk_knows(verify, path): Old: is it called like a file of it? */
bool audit_disk_knows(const struct audit_verify *, const char *);

/** audit_disk_path(verify, i, k): Old: path ${k} of resource ${i}, or NULL. */
const char *audit_disk_path(const struct audit_verify *, size_t, size_t);

/**
 * audit_strays(verify, err):
 * Old: look at the next file that the walk did not come to.  1, 0, -1.
 */
int audit_strays(struct audit_verify *, struct err *);

/** audit_disk_end(verify): Old: say what the files can't tell. */
void audit_disk_end(struct audit_verify *);

/** audit_disk_free(verify): Free what audit_disk_begin() made. */
void audit_disk_free(struct audit_verify *);

/** audit_disk_rows(verify, path, rows): Old: a file that was derived. */
void audit_disk_rows(struct audit_verify *, const char *, struct span);

/** audit_disk_files(verify, listing, files, err): Old: a listing's files. */
int audit_disk_files(struct audit_verify *, const struct crawl_listing *,
    struct tree_receipts *, struct err *);

/** audit_disk_close(verify): Old: is the listing all it should be? */
void audit_disk_close(struct audit_verify *);

/** audit_disk_done(verify, node, err): Old: is its mark there? */
void audit_disk_done(struct audit_verify *, struct crawl_node *);

/**
 * audit_hint(verify, name):
 * How many records the listing had when the record above it was listed, and
 * where that stands; or -1.
 */
int64_t audit_hint(struct audit_verify *, const char **);

/**
 * audit_each_file(tree, path, file, cookie, err):
 * Call ${file} for everything below ${path} that is no directory, with its
 * path and whether it is a plain file.
 */
int audit_each_file(struct tree *, const char *,
    int (*)(void *, const char *, bool, struct err *), void *, struct err *);

/**
 * audit_may_be_one(tree, source):
 * Is there a manifest, or the folder that all units stand in?
 */
bool audit_may_be_one(const struct tree *, const struct source *);

/**
 * audit_each_legacy(tree, source, file, cookie, err):
 * As audit_each_file() for all of a directory that has no manifest; but one
 * that has nothing of an export in it is not walked through: it is an error
 * (ERR_USAGE).
 */
int audit_each_legacy(struct tree *, const struct source *,
    int (*)(void *, const char *, bool, struct err *), void *, struct err *);

/** audit_no_export(where, err): Set ${err} (ERR_USAGE); return -1. */
int audit_no_export(const char *, struct err *);

#endif
