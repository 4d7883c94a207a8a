#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "page/page.h"
#include "source/source.h"

/*
 * The export directory: objects (one JSON document per file) and streams (JSON
 * lines in shards of 1,000).  Data counts only after tree_flush() has synced it
 * and a line of the manifest records it; see doc/FORMAT.md.
 */
struct tree;

#define TREE_SHARD_LINES 1000
#define TREE_LOG "export.log"
#define TREE_SUMS "SHA256SUMS"

/* Path, size and hash of a file of the export. */
struct tree_receipt {
	char *path;
	uint64_t lines;		/* of a shard; 0: an object */
	uint64_t bytes;
	unsigned char sha256[SHA256_BYTES];
};

/* A list of receipts. */
struct tree_receipts {
	struct tree_receipt *items;
	size_t n, capacity;
};

/** tree_receipts_add(all, receipt): Add a copy of ${receipt}. */
void tree_receipts_add(struct tree_receipts *, const struct tree_receipt *);

/**
 * tree_sums(all, text):
 * Add the lines of SHA256SUMS for ${all} to ${text}, and sort ${all} by path.
 */
void tree_sums(struct tree_receipts *, struct text *);

/**
 * tree_sums_read(text, all):
 * Add the paths and hashes of ${text}, a SHA256SUMS, sorted by path.  Return
 * the number of invalid lines, which are skipped.
 */
size_t tree_sums_read(struct span, struct tree_receipts *);

/** tree_receipts_sort(all): Sort by path. */
void tree_receipts_sort(struct tree_receipts *);

/** tree_receipts_find(all, path): Find it in a sorted list; or return NULL. */
const struct tree_receipt *tree_receipts_find(const struct tree_receipts *,
    const char *);

/** tree_receipts_release(all): Free what ${all} holds, and empty it. */
void tree_receipts_release(struct tree_receipts *);

/**
 * tree_has(tree, receipt, exact):
 * Return whether the file is a plain file with the size in ${receipt} or,
 * without ${exact}, a larger one.
 */
bool tree_has(struct tree *, const struct tree_receipt *, bool);

/* --------------------------------------------------- opening and closing */

/**
 * tree_create(parent, err):
 * Create an export directory in ${parent}, named by the time, and lock it.
 * Free it with tree_close().  Return NULL with ${err} set on failure.
 */
struct tree *tree_create(const char *, struct err *);

/**
 * tree_open(path, err):
 * Open and lock the export directory ${path}.  As tree_create(); ERR_LOCKED
 * names the process that holds it.
 */
struct tree *tree_open(const char *, struct err *);

/**
 * tree_peek(path, err):
 * Open the directory ${path} for reading, without a lock and without changes.
 * As tree_create(); ERR_USAGE: it does not exist.
 */
struct tree *tree_peek(const char *, struct err *);

/** tree_close(tree): Unlock and free ${tree}, which may be NULL. */
void tree_close(struct tree *);

/** tree_where(tree): Return the directory's path, borrowed. */
const char *tree_where(const struct tree *);

/** tree_dir(tree): Return its descriptor, borrowed. */
int tree_dir(const struct tree *);

/**
 * tree_out(tree):
 * Return the descriptor that is written to: the layer's, if any.
 */
int tree_out(const struct tree *);

/** tree_open_file(tree, path, err): Open a file of it to read, or -1. */
int tree_open_file(const struct tree *, const char *, struct err *);

/**
 * tree_use_no_locks():
 * From now on, missing support for locks is no error: the user makes sure that
 * no two processes work on an export.
 */
void tree_use_no_locks(void);

/** tree_is_busy(path): Return whether a process holds the export ${path}. */
bool tree_is_busy(const char *);

/** tree_log(tree): Return the descriptor of export.log, borrowed, or -1. */
int tree_log(const struct tree *);

/**
 * tree_newest(parent, wanted):
 * Return the path, new, of the newest directory YYYYMMDD-HHMMSS in ${parent}
 * for which ${wanted} returns true; or NULL.
 */
char *tree_newest(const char *, bool (*)(const char *));

/* ----------------------------------------------------------------- names */

/**
 * tree_path(tree, template, lookup, unnamed, path, missing):
 * Expand ${template} into ${path}, with each value made a safe name (see
 * tree_name.c). ${unnamed} replaces a missing part of the key.  Return 0; or -1
 * with ${missing} set to the variable without a value.
 */
int tree_path(struct tree *, const struct source_template *,
    const struct source_lookup *, const char *, struct text *, const char **);

/**
 * tree_register(tree, path):
 * Note that the file ${path} is already in the export.
 */
void tree_register(struct tree *, const char *);

/* --------------------------------------------------------------- objects */

/**
 * tree_put(tree, path, bytes, receipt, err):
 * Write the object ${path}, which gets its name with the next tree_flush().
 * Set ${receipt}, which borrows ${path}.  Return 0; or -1 with ${err} set
 * (ERR_DATA: another record has this file).
 */
int tree_put(struct tree *, const char *, struct span, struct tree_receipt *,
    struct err *);

/**
 * tree_put_again(tree, path, bytes, receipt, err):
 * As tree_put(), but replace an existing object.
 */
int tree_put_again(struct tree *, const char *, struct span,
    struct tree_receipt *, struct err *);

/**
 * tree_get(tree, path, text, err):
 * Add the bytes of the object ${path} to ${text}, flushed or not.
 */
int tree_get(struct tree *, const char *, struct text *, struct err *);

/* --------------------------------------------------------------- streams */

struct tree_stream;

/**
 * tree_stream_new(tree, dir, known, anew, err):
 * Open the stream in the directory ${dir} to append after its shards ${known}.
 * Data on disk beyond them stays until something else is written there; see
 * tree_stream_cut().  With ${anew}, write a new stream beside the old one, for
 * tree_stream_replace().  Return NULL with ${err} set if a shard does not match
 * its receipt.
 */
struct tree_stream *tree_stream_new(struct tree *, const char *,
    const struct tree_receipts *, bool, struct err *);

/**
 * tree_stream_add(stream, records, n, breaks, err):
 * Append ${n} records as lines; with ${breaks}, remove line breaks in them.
 */
int tree_stream_add(struct tree_stream *, const struct span *, size_t, bool,
    struct err *);

/**
 * tree_stream_cut(stream, err):
 * End the stream: remove data beyond it that an interrupted run left on disk.
 * If that contains a complete line, a copy is kept beside the export.
 */
int tree_stream_cut(struct tree_stream *, struct err *);

/** tree_stream_lines(stream): Return the number of its lines. */
uint64_t tree_stream_lines(const struct tree_stream *);

/**
 * tree_stream_changed(stream, receipts):
 * Add the receipts of the shards that changed since the last call.
 */
void tree_stream_changed(struct tree_stream *, struct tree_receipts *);

/** tree_stream_all(stream, receipts): Add the receipts of all shards. */
void tree_stream_all(const struct tree_stream *, struct tree_receipts *);

/**
 * tree_stream_replace(tree, dir, shards, err):
 * Rename the shards of the new stream in ${dir} over the old ones, as far as
 * that is not done yet, and remove shards beyond ${shards}.  Call it after the
 * manifest records that the new shards count.
 */
int tree_stream_replace(struct tree *, const char *,
    const struct tree_receipts *, struct err *);

/**
 * tree_stream_files(tree, dir, files, err):
 * Add the paths of the shards in ${dir}, sorted by number.
 */
int tree_stream_files(struct tree *, const char *, struct tree_receipts *,
    struct err *);

/** tree_stream_free(stream): Close ${stream}, which may be NULL. */
void tree_stream_free(struct tree_stream *);

/* ----------------------------------------- records of shards and objects */

/* Reads the records of one file; see page_split(). */
struct tree_records;

/**
 * tree_records_new(fd, path, plan, is_shard, max, hash):
 * Read the records of the open file ${fd}, a shard or an object, up to ${max}
 * bytes; with ${hash}, compute their SHA-256. tree_records_free() closes ${fd}.
 * Errors name the file ${path}.
 */
struct tree_records *tree_records_new(int, const char *,
    const struct page_plan *, bool, uint64_t, bool);

/**
 * tree_records_next(records, item, why, err):
 * Set ${item} to the next record, empty line or damaged line, valid until the
 * next call; ${why} says what is wrong with a damaged one.  Return 1; 0 at the
 * end; or -1 with ${err} set if the file can't be read.
 */
int tree_records_next(struct tree_records *, struct page_item *,
    struct err *, struct err *);

/** tree_records_record(records): Return the last record. */
struct page_record tree_records_record(const struct tree_records *);

/** tree_records_place(records, record): Return its offset in the file. */
uint64_t tree_records_place(const struct tree_records *,
    const struct page_record *);

/** tree_records_line(records): Return the number of lines so far. */
uint64_t tree_records_line(const struct tree_records *);

/** tree_records_bytes(records): Return the number of bytes read. */
uint64_t tree_records_bytes(const struct tree_records *);

/**
 * tree_records_hash(records, hash, err):
 * Read to the end; set ${hash} to the SHA-256.
 */
int tree_records_hash(struct tree_records *, unsigned char [SHA256_BYTES],
    struct err *);

/** tree_records_free(records): Free ${records}, which may be NULL. */
void tree_records_free(struct tree_records *);

/* Reads the lines of shards, in order. */
struct tree_lines;

/**
 * tree_lines_new(tree, dir, anew):
 * Read the stream in ${dir} from its start; with ${anew}, the new one beside
 * it.
 */
struct tree_lines *tree_lines_new(struct tree *, const char *, bool);

/** tree_lines_limit(lines, n): Read only the first ${n} shards. */
void tree_lines_limit(struct tree_lines *, size_t);

/** tree_lines_seek(lines, line, err): Continue with line ${line}, from 0. */
int tree_lines_seek(struct tree_lines *, uint64_t, struct err *);

/**
 * tree_lines_next(lines, line, err):
 * Set ${line} to the next line without its end, valid until the next call.
 * Return 1; 0 at the end; -1 with ${err} set.
 */
int tree_lines_next(struct tree_lines *, struct span *, struct err *);

/** tree_lines_dir(lines): Return the stream's directory, borrowed. */
const char *tree_lines_dir(const struct tree_lines *);

/** tree_lines_free(lines): Free ${lines}, which may be NULL. */
void tree_lines_free(struct tree_lines *);

/* ---------------------------------------------------------------- drafts */

struct tree_draft;

/**
 * tree_draft_new(tree, path, err):
 * Start to write a file that may become ${path}.  End it with tree_draft_end()
 * or tree_draft_free().
 */
struct tree_draft *tree_draft_new(struct tree *, const char *, struct err *);

/**
 * tree_draft_line(draft, line, breaks, err):
 * Add a line; with ${breaks}, remove line breaks in it.
 */
int tree_draft_line(struct tree_draft *, struct span, bool, struct err *);

/** tree_draft_lines(draft): Return the number of lines added. */
uint64_t tree_draft_lines(const struct tree_draft *);

/**
 * tree_draft_end(draft, wanted, err):
 * If the file has the SHA-256 of ${wanted}, it gets its name with the next
 * tree_flush(): return 1.  Else remove it: return 0; or -1 with ${err} set.
 * ${draft} is freed.
 */
int tree_draft_end(struct tree_draft *, const struct tree_receipt *,
    struct err *);

/** tree_draft_free(draft): Remove and free ${draft}, which may be NULL. */
void tree_draft_free(struct tree_draft *);

/* ------------------------------------------------------ what is taken out */

/**
 * tree_set_aside(tree, path, err):
 * Move ${path}, whatever it is, out of the export, to a directory beside it
 * that is named by the time.
 */
int tree_set_aside(struct tree *, const char *, struct err *);

/**
 * tree_copy_aside(tree, path, err):
 * As tree_set_aside(), but keep the file too.
 */
int tree_copy_aside(struct tree *, const char *, struct err *);

/**
 * tree_save_aside(tree, path, err):
 * As tree_copy_aside(), but never as a link: ${path} may then be changed.
 */
int tree_save_aside(struct tree *, const char *, struct err *);

/**
 * tree_open_aside(tree, path):
 * Open the directory ${path} that an earlier run made for files that it moved
 * out.  Return -1 if it does not exist or was not made by hlexport.
 */
int tree_open_aside(const struct tree *, const char *);

/**
 * tree_aside(tree):
 * Return the directory of moved files, borrowed; NULL: none.
 */
const char *tree_aside(const struct tree *);

/* ---------------------------------------------------------------- layer */

/**
 * tree_layer_begin(tree, base, err):
 * From now on write to a layer over the export, and read from it first.  An
 * earlier layer with the same ${base} (a short text that begins with the
 * SHA-256 of the manifest) is reused; any other is removed.  ERR_DATA:
 * something else has its name.
 */
int tree_layer_begin(struct tree *, const char *, struct err *);

/** tree_is_layered(tree): Return whether there is a layer. */
bool tree_is_layered(const struct tree *);

/**
 * tree_layer_merge(tree, err):
 * Move each file of the layer into the export, the manifest last.  If it is
 * interrupted anywhere, tree_layer_recover() does the rest.
 */
int tree_layer_merge(struct tree *, struct err *);

/**
 * tree_layer_recover(tree, err):
 * Finish an interrupted merge.  Return 1; 0 if there was none; or -1 with
 * ${err} set (ERR_DATA: it belongs to another export, or to an earlier state of
 * this one).
 */
int tree_layer_recover(struct tree *, struct err *);

/**
 * tree_layer_leave(tree):
 * Write to the export again, and keep the layer for the next
 * tree_layer_begin().  Return its path, borrowed; or NULL if it is empty.
 */
const char *tree_layer_leave(struct tree *);

/** tree_layer_drop(tree, err): Write to the export again; remove the layer. */
int tree_layer_drop(struct tree *, struct err *);

/* ---------------------------------------------------------------- syncs */

/* Lines that record what was written: see tree_flush_begin(). */
struct tree_lines_to_say {
	int fd;			/* of the file that they are appended to */
	struct span bytes;
	const char *name;	/* of the file, for errors */
};

/** tree_is_due(tree): Return whether it is time for tree_flush_begin(). */
bool tree_is_due(struct tree *);

/**
 * tree_flush_begin(tree, lines, err):
 * Start to sync everything written so far; after that, append the ${lines} and
 * sync them.  A thread does it, if one can be created.  An earlier sync is
 * waited for.  The ${lines} must not change until tree_wait().  Return 0; or -1
 * with ${err} set by the earlier sync.
 */
int tree_flush_begin(struct tree *, const struct tree_lines_to_say *,
    struct err *);

/**
 * tree_wait(tree, err):
 * Wait until the sync and its lines are on disk.  After a failure, this and all
 * further syncs fail.
 */
int tree_wait(struct tree *, struct err *);

/** tree_flush(tree, err): Sync everything written so far. */
int tree_flush(struct tree *, struct err *);

/** tree_sweep(tree, err): Remove temporary files that a crash left. */
int tree_sweep(struct tree *, struct err *);

#endif
