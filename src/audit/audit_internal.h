#ifndef AUDIT_INTERNAL_H
#define AUDIT_INTERNAL_H

#include <sys/types.h>

#include "audit/audit.h"
#include "crawl/crawl.h"
#include "page/page.h"
#include "tree/tree.h"

struct audit_patterns;

struct audit_members;

/* The listing that is being checked. */
struct audit_listing {
	struct crawl_listing *crawl;	/* NULL: none */
	struct manifest_listing known;	/* native: what the manifest says */
	struct tree_receipts files;
	size_t next;
	struct set *seen;		/* keys of the records read so far;
					 * those of an archive are in its
					 * groups */
	struct set *tally;		/* records without a key, by bytes */
	uint64_t records;		/* read so far */
	uint64_t items;			/* in them, if they are arrays */
	uint64_t duplicates;		/* records whose key was seen before */
	uint64_t same_key;		/* the same, but the server has both */
	uint64_t lines, bytes;		/* of the last file read */
	uint64_t rows;			/* records in it: lines, without empty
					 * ones */
	unsigned char sha256[SHA256_BYTES];
	struct audit_prescan **prescans; /* by file, if it is read ahead; or
					  * NULL */
	bool *is_whole;			/* by file, for those read */
	size_t is_whole_capacity;
	uint64_t *rows_of;		/* the same */
	size_t rows_capacity;
	json_t *fields;			/* of an object, for the manifest */
	bool unread;			/* some files were not read */
};

/* Deviations that are not damage: enum page_odd, and */
#define AUDIT_ODD_EMPTY 64	/* an empty line */
#define AUDIT_ODDS 7

struct audit_odd {
	uint64_t n;		/* records, or lines */
	char *path;		/* of the first file */
};

struct audit_verify {
	struct audit_settings settings;
	struct audit_odd odds[AUDIT_ODDS];	/* by bit */
	struct tree *tree;
	struct manifest *manifest;	/* NULL: a legacy export */
	struct manifest *partial;	/* legacy: adopted, and not complete */
	struct audit_members *members;	/* NULL: the files are in ${tree} */
	json_t *options;		/* of the export's header */
	char *started;
	char *lost_server;	/* the server, if only that is left of the
				 * manifest; or NULL */
	struct crawl *crawl;
	struct audit_listing current;
	struct set *visited;		/* keys of listings */
	struct set *checked;		/* paths of files */
	struct set *known;		/* paths of files that may exist */
	struct tree_receipts hashed;	/* legacy: files read, to be adopted */
	struct manifest *building;	/* legacy: the new one, borrowed */
	struct audit_paths *paths;	/* legacy: by resource */
	bool blind;			/* a record with children is damaged */
	bool is_adopted;		/* the legacy tool began it */
	bool from_copy;			/* the manifest is damaged */
	bool is_salvaged;		/* and so is its copy */
	bool long_first;		/* legacy: a shard of 1,001 lines */
	uint64_t *uncounted;		/* legacy, by resource: listings with no
					 * known count */
	bool walked, is_over;		/* finished: the walk; everything */
	struct tree_receipts rest;	/* files that the walk did not reach */
	const char **rest_keys;		/* keys of their listings, or NULL */
	size_t rest_keys_capacity;
	const char *rest_key;		/* that of the current file */
	bool has_sums;			/* legacy: ${rest} is from SHA256SUMS */
	size_t next;
	size_t stray_of, stray;		/* legacy: resource and file of the next
					 * stray */
	struct audit_finding *findings;
	size_t n_findings, findings_capacity;
	uint64_t wrong;			/* findings that count */
	char *accepted;			/* when findings were accepted; or
					 * NULL */
	struct {			/* archives: see
					 * audit_accept_archive() */
		char *text;
		const unsigned char *(*digest)(void *, const char *);
		void *cookie;
	} accept;
	struct audit_progress progress;
	struct page_plan **plans;	/* by resource */
	struct audit_pool *pool;	/* that reads files ahead; or NULL */
	struct text key;		/* of a record */
	struct text path;
};

/* What the caller needs from a file's records. */
enum audit_wanted {
	AUDIT_NO_RECORDS,	/* only check that they are records */
	AUDIT_COUNTS,
	AUDIT_RECORDS		/* their keys and fields, for the walk */
};

struct audit_content;
struct audit_desk;
struct audit_item;
struct audit_prescan;
struct audit_pool;

/* Called for each record of a file, with its line or 0. */
typedef void audit_record(struct audit_content *, uint64_t,
    const struct page_record *);

/* ------------------------------------------------- audit_content.c */

/* A file's bytes as they come in.  The reader sets the first fields. */
struct audit_content {
	struct audit_verify *verify;	/* takes the findings */
	struct audit_prescan *prescan;	/* or this one does, if not NULL */
	struct audit_desk *desk;
	const struct tree_receipt *receipt;
	const char *listing;	/* its key, or NULL */
	const struct page_plan *plan;	/* of its records; or NULL */
	bool by_line;		/* one record per line; else one per file */
	uint64_t max;		/* bytes that count */
	uint64_t largest;	/* limit of a record's bytes; 0: none */
	audit_record *record;	/* or NULL */
	struct sha256 *hash;	/* the desk's; NULL: not needed */
	bool is_hashed;		/* the reader hashes */

	uint64_t bytes, lines;	/* so far, of those that count */
	uint64_t rows;		/* records and damaged lines among them */
	unsigned char sha256[SHA256_BYTES];	/* at the end */
	const struct tree_receipt *grew_from;	/* legacy: its receipt before it
						 * grew; or NULL */
	unsigned char prefix[SHA256_BYTES];	/* hash of as many bytes */
	bool is_whole;		/* no finding so far, of the reader's neither */
	bool is_too_large;	/* the current record is */
};

#define DUPLICATES_NAMED 3	/* per listing; all are counted */

/* ----------------------------------------- audit_finding.c */

/**
 * audit_find(verify, finding, format, ...):
 * Add a finding; path and listing of ${finding} are copied.
 */
void audit_find(struct audit_verify *, struct audit_finding, const char *,
    ...) __attribute__((format(printf, 3, 4)));

/* ------------------------------------------- audit_kinds.c */

/** audit_unit(source): Return the resource whose records get a done marker. */
const struct source_resource *audit_unit(const struct source *);

/** audit_count_kind(summary, name): Count a unit of the kind ${name}. */
void audit_count_kind(struct audit_summary *, const char *);

/** audit_count_unit(summary, unit, record): Count ${record} under its kind. */
void audit_count_unit(struct audit_summary *, const struct source_resource *,
    struct span);

/** audit_sort_kinds(summary): Sort the kinds by name. */
void audit_sort_kinds(struct audit_summary *);

/* -------------------------------------------- audit_item.c */

/** audit_prescan_find(prescan, kind, what): Keep a finding in ${prescan}. */
void audit_prescan_find(
    struct audit_prescan *, enum audit_problem, const char *);

/* ----------------------------------------- audit_records.c */

/** audit_take_fields(verify, values): Take the fields of the current object. */
void audit_take_fields(struct audit_verify *, char **);

/**
 * audit_take_key(verify, path, line, named, hash):
 * Take a record with the key ${verify->key}, whose hash is ${hash}.  Return
 * whether it is new in its listing; else report the duplicate.
 */
bool audit_take_key(struct audit_verify *, const char *, uint64_t, bool,
    struct set_hash);

/**
 * audit_take_item(verify, path, item, key):
 * Take a record of the file ${path}, with its fields.
 */
void audit_take_item(struct audit_verify *, const char *, struct audit_item *,
    const char *);

/**
 * audit_say_duplicate(verify, path, listing, line, named, nth):
 * Report a duplicate record, the ${nth} of its listing.
 */
void audit_say_duplicate(struct audit_verify *, const char *, const char *,
    uint64_t, bool, uint64_t);

/**
 * audit_count_record(resource, record):
 * Return how many records it counts as: an array, as its items.
 */
uint64_t audit_count_record(const struct source_resource *,
    const struct page_record *);

/* ------------------------------------ audit_members_find.c */

/**
 * audit_members_each(verify, file, cookie, err):
 * As audit_each_file(), for the files of the archive.
 */
int audit_members_each(struct audit_verify *,
    int (*)(void *, const char *, bool, struct err *), void *, struct err *);

/** audit_members_has(verify, path): Return whether the archive has the file. */
bool audit_members_has(const struct audit_verify *, const char *);

/* ----------------------------------------- audit_pattern.c */

/** audit_patterns_new(source): Return the paths of its files as patterns. */
struct audit_patterns *audit_patterns_new(const struct source *);

/**
 * audit_resource_of(patterns, path):
 * Return the resource of a file, or NULL.
 */
const struct source_resource *audit_resource_of(
    const struct audit_patterns *, const char *);

/** audit_is_done_marker(patterns, path): Return whether it is a done marker. */
bool audit_is_done_marker(const struct audit_patterns *, const char *);

/** audit_patterns_free(patterns): Free ${patterns}, which may be NULL. */
void audit_patterns_free(struct audit_patterns *);

/* ------------------------------------------ audit_legacy.c */

/**
 * audit_legacy_summary(tree, source, summary, err):
 * Fill ${summary} from the files alone.
 */
int audit_legacy_summary(struct tree *, const struct source *,
    struct audit_summary *, struct err *);

/**
 * audit_each_legacy(tree, source, file, cookie, err):
 * As audit_each_file(), for a whole directory without a manifest.  A directory
 * that can't be an export is not walked, but an error (ERR_USAGE).
 */
int audit_each_legacy(struct tree *, const struct source *,
    int (*)(void *, const char *, bool, struct err *), void *, struct err *);

/* -------------------------------------------- audit_sums.c */

/** audit_sums_take(verify, sums): Legacy: use the lines of SHA256SUMS. */
void audit_sums_take(struct audit_verify *, const struct text *);

/** audit_sums_read(verify): Legacy: read SHA256SUMS, if it exists. */
void audit_sums_read(struct audit_verify *);

/** audit_sums_find(verify, path): Return its receipt of ${path}, or NULL. */
const struct tree_receipt *audit_sums_find(const struct audit_verify *,
    const char *);

/* ----------------------------------------- audit_content.c */

/** audit_content_begin(content): Start a file. */
void audit_content_begin(struct audit_content *);

/** audit_content_add(content, data, len): Add bytes. */
void audit_content_add(struct audit_content *, const char *, size_t);

/** audit_content_end(content): End the file and check what is left. */
void audit_content_end(struct audit_content *);

/**
 * audit_content_find(content, kind, format, ...):
 * Add a finding for the file.
 */
void audit_content_find(struct audit_content *, enum audit_problem,
    const char *, ...) __attribute__((format(printf, 3, 4)));

/** audit_add_odd(verify, odd, n, path): Count ${n} times ${odd} in ${path}. */
void audit_add_odd(struct audit_verify *, size_t, uint64_t, const char *);

/** audit_tell_odds(verify): Report deviations that are not damage. */
void audit_tell_odds(struct audit_verify *);

/* ------------------------------------ audit_members_walk.c */

/**
 * audit_members_read(verify, receipt):
 * As audit_read(), for a file of an archive: pass on what was kept of its
 * records.
 */
int audit_members_read(struct audit_verify *, const struct tree_receipt *);

/** audit_members_rest(verify): Check the files that the walk did not reach. */
void audit_members_rest(struct audit_verify *);

/* ----------------------------------------- audit_members.c */

/**
 * audit_members_begin(verify, archive, err):
 * Prepare for the files of ${archive}.  Return 0; or -1 with ${err} set.
 */
int audit_members_begin(struct audit_verify *, const struct audit_archive *,
    struct err *);

/** audit_members_free(verify): Free what audit_members_begin() made. */
void audit_members_free(struct audit_verify *);

/* -------------------------------------------- audit_read.c */

/**
 * audit_read(verify, receipt, wanted, err):
 * Read the file of ${receipt} (in a listing, the file before ${next}), compare
 * it with the receipt (if that is from a manifest), check its records and take
 * what is ${wanted} from them.  Problems become findings.  Return 1 if it is
 * intact; 0 if not; -1 with ${err} set.
 */
int audit_read(struct audit_verify *, const struct tree_receipt *,
    enum audit_wanted, struct err *);

/* -------------------------------------------- audit_disk.c */

/**
 * audit_build_not(verify, resource):
 * Legacy: the listing of ${resource} beside the current one is incomplete;
 * remove it from the new manifest.
 */
void audit_build_not(struct audit_verify *, const struct source_resource *);

/**
 * audit_expected(verify, name):
 * Legacy: return how many records other records say there should be, and set
 * ${name} to their field; or -1.
 */
int64_t audit_expected(struct audit_verify *, const char **);

/**
 * audit_disk_unnamed(verify, path, line):
 * Legacy: report a record without a key, which each record of the listing has.
 */
void audit_disk_unnamed(struct audit_verify *, const char *, uint64_t);

/**
 * audit_has_files(verify, resource):
 * Legacy: return whether any file of ${resource} exists.
 */
bool audit_has_files(const struct audit_verify *,
    const struct source_resource *);

/**
 * audit_is_done(verify, node):
 * Legacy: return whether the unit of ${node} has its done marker.
 */
bool audit_is_done(struct audit_verify *, const struct crawl_node *);

/**
 * audit_disk_begin(verify, err):
 * Legacy: list the files.  Return 0; or -1 with ${err} set.
 */
int audit_disk_begin(struct audit_verify *, struct err *);

/**
 * audit_disk_knows(verify, path):
 * Legacy: return whether the path matches a resource.
 */
bool audit_disk_knows(const struct audit_verify *, const char *);

/**
 * audit_disk_path(verify, i, k):
 * Legacy: return path ${k} of resource ${i}, or NULL.
 */
const char *audit_disk_path(const struct audit_verify *, size_t, size_t);

/** audit_disk_end(verify): Legacy: report what the files can't show. */
void audit_disk_end(struct audit_verify *);

/** audit_disk_free(verify): Free what audit_disk_begin() made. */
void audit_disk_free(struct audit_verify *);

/** audit_disk_rows(verify, path, rows): Legacy: check a derived file. */
void audit_disk_rows(struct audit_verify *, const char *, struct span);

/**
 * audit_disk_files(verify, listing, files, err):
 * Legacy: add a listing's files.
 */
int audit_disk_files(struct audit_verify *, const struct crawl_listing *,
    struct tree_receipts *, struct err *);

/** audit_disk_close(verify): Legacy: check shards and counts of the listing. */
void audit_disk_close(struct audit_verify *);

/** audit_disk_done(verify, node): Legacy: check the done marker of ${node}. */
void audit_disk_done(struct audit_verify *, struct crawl_node *);

/**
 * audit_hint(verify, name):
 * Return how many records the listing had when its parent was listed, and set
 * ${name} to that field; or -1.
 */
int64_t audit_hint(struct audit_verify *, const char **);

/* ------------------------------------------- audit_stray.c */

/**
 * audit_strays(verify, err):
 * Legacy: check the next file that the walk did not reach.  Return 1, 0 at the
 * end, or -1 with ${err} set.
 */
int audit_strays(struct audit_verify *, struct err *);

/* -------------------------------------------- audit_walk.c */

/**
 * audit_find_refused(verify):
 * Report the gaps of requests made since a legacy export was adopted.
 */
void audit_find_refused(struct audit_verify *);

/**
 * audit_walk(verify, err):
 * Check the next file of the walk.  Return 1, 0 at the end, or -1.
 */
int audit_walk(struct audit_verify *, struct err *);

/** audit_listing_release(listing): Free what it holds. */
void audit_listing_release(struct audit_listing *);

/* ------------------------------------- audit_bookkeeping.c */

/**
 * audit_bookkeeping(verify, err):
 * Check the bookkeeping files (sums, log, copy of the manifest) and report
 * files that do not belong to the export.
 */
int audit_bookkeeping(struct audit_verify *, struct err *);

/* ------------------------------------------ audit_accept.c */

/** audit_accept_prescan(verify): Flag the findings that were accepted. */
void audit_accept_prescan(struct audit_verify *);

/**
 * audit_accepted_in(tree, sealed, lacks):
 * Return when findings were accepted, new; NULL: never.  Set ${lacks} if some
 * of them are damage or missing data that still holds; a ${sealed} export
 * misses no listing.
 */
char *audit_accepted_in(const struct tree *, bool, bool *);

/* ------------------------------------------- audit_build.c */

/** audit_want(resource, options): Set the options that include ${resource}. */
void audit_want(const struct source_resource *, json_t *);

/** audit_build_listing(verify): Add the current listing to the new manifest. */
void audit_build_listing(struct audit_verify *);

#endif
