#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "page/page.h"
#include "source/source.h"

/*
 * The export directory: objects (a JSON document in a file) and streams (JSON
 * lines in shards of 1,000).  What is written here counts only once it is
 * synced by tree_flush() and a line of the manifest says so; see
 * doc/FORMAT.md.
 */
struct tree;

#define TREE_SHARD_LINES 1000
#define TREE_LOG "export.log"
#define TREE_SUMS "SHA256SUMS"

/* What is known of a file of the export. */
struct tree_receipt {
	char *path;
	uint64_t lines;		/* of a shard; 0: it is an object */
	uint64_t bytes;
	unsigned char sha256[SHA256_BYTES];
};

/* Several of them. */
struct tree_receipts {
	struct tree_receipt *items;
	size_t n, capacity;
};

/** tree_receipts_add(all, receipt): Add a copy of ${receipt}. */
void tree_receipts_add(struct tree_receipts *, const struct tree_receipt *);

/**
 * tree_sums(all, text):
 * Add what SHA256SUMS says of them, by path; ${all} is in that order then.
 */
void tree_sums(struct tree_receipts *, struct text *);

/**
 * tree_sums_read(text, all):
 * Add what is in ${text}, a SHA256SUMS, sorted by path: the paths and hashes.
 * Return how many lines can't be read, and were left out.
 */
size_t tree_sums_read(struct span, struct tree_receipts *);

/** tree_receipts_sort(all): By path. */
void tree_receipts_sort(struct tree_receipts *);

/** tree_receipts_find(all, path): Find it in what is sorted, or NULL. */
const struct tree_receipt *tree_receipts_find(const struct tree_receipts *,
    const char *);

/** tree_receipts_release(all): Free what ${all} holds; it is empty then. */
void tree_receipts_release(struct tree_receipts *);

/**
 * tree_has(tree, receipt, exact):
 * Is the file there, a plain one of as many bytes as ${receipt} says, or
 * without ${exact} of more?
 */
bool tree_has(struct tree *, const struct tree_receipt *, bool);

/* --------------------------------------------------- opening and closing */

/**
 * tree_create(parent, err):
 * Make a new export directory in ${parent}, named for the time, and lock it.
 * Return it, tree_close() it; or NULL with ${err} set.
 */
struct tree *tree_create(const char *, struct err *);

/**
 * tree_open(path, err):
 * Open and lock the export directory ${path}.  As tree_create(); where
 * another process has it, ERR_LOCKED says which.
 */
struct tree *tree_open(const char *, struct err *);

/**
 * tree_peek(path, err):
 * Open the directory ${path} to read in it: nothing is locked, made or
 * changed.  As tree_create(); ERR_USAGE: there is none.
 */
struct tree *tree_peek(const char *, struct err *);

/** tree_close(tree): Unlock and free ${tree}, which may be NULL. */
void tree_close(struct tree *);

/** tree_where(tree): Return the directory's path, borrowed. */
const char *tree_where(const struct tree *);

/** tree_dir(tree): Return its descriptor, borrowed. */
int tree_dir(const struct tree *);

/** tree_out(tree): Return that of where it is written: see the layer. */
int tree_out(const struct tree *);

/** tree_open_file(tree, path, err): Open a file of it to read, or -1. */
int tree_open_file(const struct tree *, const char *, struct err *);

/**
 * tree_use_no_locks():
 * Where a disk has no locks, that is no error from now on: the user sees to it
 * that no two processes work on an export.
 */
void tree_use_no_locks(void);

/** tree_is_busy(path): Is a process working on the export in ${path}? */
bool tree_is_busy(const char *);

/** tree_log(tree): Return the descriptor of export.log, borrowed, or -1. */
int tree_log(const struct tree *);

/** tree_newest(parent, name): Set ${name}, new, to the newest directory
 * YYYYMMDD-HHMMSS in ${parent} that ${wanted} says yes to; NULL: none. */
char *tree_newest(const char *, bool (*)(const char *));

/* ----------------------------------------------------------------- names */

/**
 * tree_path(tree, template, lookup, unnamed, path):
 * Write to ${path} where ${template} leads: each value made a safe name (see
 * tree_name.c).  A part of the key that is missing is named by ${unnamed}.
 * Return 0; or -1 with ${missing} set to the variable without a value.
 */
int tree_path(struct tree *, const struct source_template *,
    const struct source_lookup *, const char *, struct text *, const char **);

/**
 * tree_register(tree, path):
 * The file ${path} is in the export already.
 */
void tree_register(struct tree *, const char *);

/* --------------------------------------------------------------- objects */

/**
 * tree_put(tree, path, bytes, receipt, err):
 * Write the object ${path}; it gets its name at the next tree_flush().  Set
 * ${receipt}, whose path is borrowed from ${path}.  Return 0; or -1 with
 * ${err} set, ERR_DATA if another record has this file.
 */
int tree_put(struct tree *, const char *, struct span, struct tree_receipt *,
    struct err *);

/**
 * tree_put_again(tree, path, bytes, receipt, err):
 * As tree_put(), of an object that is there already: it is replaced.
 */
int tree_put_again(struct tree *, const char *, struct span,
    struct tree_receipt *, struct err *);

/**
 * tree_get(tree, path, text, err):
 * Add to ${text} what the object ${path} holds, flushed or not.
 */
int tree_get(struct tree *, const char *, struct text *, struct err *);

/* --------------------------------------------------------------- streams */

struct tree_stream;

/**
 * tree_stream_new(tree, dir, known, n, anew, err):
 * Open the stream in the directory ${dir}.  The ${n} shards ${known} are
 * there: what is appended goes behind them.  What stands behind them on disk
 * stays until something else is written there; see tree_stream_cut().  With
 * ${anew} a new stream is written beside the old one, to take its place in
 * tree_stream_replace().  Return NULL with ${err} set where a shard isn't what
 * is known of it.
 */
struct tree_stream *tree_stream_new(struct tree *, const char *,
    const struct tree_receipts *, bool, struct err *);

/**
 * tree_stream_add(stream, records, n, breaks, err):
 * Append ${n} records, a line each; with ${breaks}, there may be line breaks
 * to drop in them.
 */
int tree_stream_add(struct tree_stream *, const struct span *, size_t, bool,
    struct err *);

/**
 * tree_stream_cut(stream, err):
 * The stream ends where it is: remove what stands behind it on disk since a
 * run that was ended, once a copy is kept beside the export of what has a
 * line.
 */
int tree_stream_cut(struct tree_stream *, struct err *);

/** tree_stream_lines(stream): Return how many lines it has. */
uint64_t tree_stream_lines(const struct tree_stream *);

/**
 * tree_stream_changed(stream, receipts):
 * Add the receipts of the shards that changed since the last call.
 */
void tree_stream_changed(struct tree_stream *, struct tree_receipts *);

/** tree_stream_all(stream, receipts): Add those of all its shards. */
void tree_stream_all(const struct tree_stream *, struct tree_receipts *);

/**
 * tree_stream_replace(tree, dir, shards, err):
 * Give the shards that were written beside the stream in ${dir} their names,
 * as far as that isn't done; ${shards} are those it has then, and what is
 * beyond is removed.  To be called when the manifest says that the new
 * shards count.
 */
int tree_stream_replace(struct tree *, const char *,
    const struct tree_receipts *, struct err *);

/**
 * tree_stream_files(tree, dir, files, err):
 * Add the shards that are in ${dir}, by number: their paths, and 0 elsewhere.
 */
int tree_stream_files(struct tree *, const char *, struct tree_receipts *,
    struct err *);

/** tree_stream_free(stream): Close ${stream}, which may be NULL. */
void tree_stream_free(struct tree_stream *);

/* --------------------------------------------- records, whatever they are */

/* Reads the records of one file; see page_split(). */
struct tree_records;

/**
 * tree_records_new(fd, path, plan, is_shard, max, hash):
 * Read the records of the open file ${fd}, which is closed in the end; errors
 * call it ${path}.  It is a shard, or an object; at most ${max} bytes of it
 * are read, and with ${hash} their SHA-256 is made.
 */
struct tree_records *tree_records_new(int, const char *,
    const struct page_plan *, bool, uint64_t, bool);

/**
 * tree_records_next(records, item, why, err):
 * Set ${item} to the next record, empty line or damaged line, valid until
 * the next call; of a damaged one, ${why} says what is wrong.  Return 1; 0 at
 * the end; or -1 with ${err} set where the file can't be read.
 */
int tree_records_next(struct tree_records *, struct page_item *,
    struct err *, struct err *);

/** tree_records_record(records): Return the record that came last. */
struct page_record tree_records_record(const struct tree_records *);

/** tree_records_place(records, record): Return at which byte it begins. */
uint64_t tree_records_place(const struct tree_records *,
    const struct page_record *);

/** tree_records_line(records): Return how many lines came so far. */
uint64_t tree_records_line(const struct tree_records *);

/** tree_records_bytes(records): Return how many bytes were read. */
uint64_t tree_records_bytes(const struct tree_records *);

/** tree_records_hash(records, hash, err): Read on to the end; the SHA-256. */
int tree_records_hash(struct tree_records *, unsigned char [SHA256_BYTES],
    struct err *);

/** tree_records_free(records): Free ${records}, which may be NULL. */
void tree_records_free(struct tree_records *);

/* Reads the lines of shards, in order. */
struct tree_lines;

/**
 * tree_lines_new(tree, dir, anew):
 * Read the stream in ${dir} from its start; or with ${anew} the one that is
 * written beside it.
 */
struct tree_lines *tree_lines_new(struct tree *, const char *, bool);

/** tree_lines_limit(lines, n): Only the first ${n} shards count. */
void tree_lines_limit(struct tree_lines *, size_t);

/** tree_lines_seek(lines, line, err): Go on with line ${line}, from 0. */
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
 * Begin to write a file that may become ${path}.  tree_draft_end() or
 * tree_draft_free() it.
 */
struct tree_draft *tree_draft_new(struct tree *, const char *, struct err *);

/**
 * tree_draft_line(draft, line, breaks, err):
 * Add a line; with ${breaks}, without the line breaks in it.
 */
int tree_draft_line(struct tree_draft *, struct span, bool, struct err *);

/** tree_draft_lines(draft): Return how many lines were added. */
uint64_t tree_draft_lines(const struct tree_draft *);

/**
 * tree_draft_end(draft, wanted, err):
 * If all that was written has the SHA-256 of ${wanted}, it gets its name at
 * the next tree_flush(): return 1.  Else nothing is left of it: return 0; or
 * -1 with ${err} set.  ${draft} is gone then.
 */
int tree_draft_end(struct tree_draft *, const struct tree_receipt *,
    struct err *);

/** tree_draft_free(draft): Leave nothing of ${draft}, which may be NULL. */
void tree_draft_free(struct tree_draft *);

/* ------------------------------------------------------ what is taken out */

/**
 * tree_set_aside(tree, path, err):
 * Move ${path}, whatever it is, out of the export, to a directory beside it
 * that is named for the time.
 */
int tree_set_aside(struct tree *, const char *, struct err *);

/** tree_copy_aside(tree, path, err): The same, of a file that stays, too. */
int tree_copy_aside(struct tree *, const char *, struct err *);

/**
 * tree_save_aside(tree, path, err):
 * As tree_copy_aside(), but the copy has bytes of its own: those of ${path}
 * may then be changed.
 */
int tree_save_aside(struct tree *, const char *, struct err *);

/**
 * tree_open_aside(tree, path):
 * Open the directory ${path}, which an earlier run is said to have made for
 * what it took out.  Return -1 if it is not there, or none that we make.
 */
int tree_open_aside(const struct tree *, const char *);

/** tree_aside(tree): Return where that went to, borrowed; NULL: nothing. */
const char *tree_aside(const struct tree *);

/* ---------------------------------------------------------------- layer */

/**
 * tree_layer_begin(tree, base, err):
 * From now on write to a layer over the export, and read from there first.
 * What an earlier one of the same ${base} (a short text that begins with the
 * SHA-256 of the manifest) left is taken over; any other is removed.  ERR_DATA:
 * what has its name was not made here.
 */
int tree_layer_begin(struct tree *, const char *, struct err *);

/** tree_is_layered(tree): Is there one? */
bool tree_is_layered(const struct tree *);

/**
 * tree_layer_merge(tree, err):
 * Put each file of the layer in its place in the export, the manifest last.
 * Ended at any point, tree_layer_recover() does the rest.
 */
int tree_layer_merge(struct tree *, struct err *);

/**
 * tree_layer_recover(tree, err):
 * Finish a merge that was ended.  Return 1; 0 if there was none; or -1, with
 * ERR_DATA if it is of another export, or of this one as it no longer is.
 */
int tree_layer_recover(struct tree *, struct err *);

/**
 * tree_layer_leave(tree):
 * Write to the export again.  What is in the layer is kept for the next
 * tree_layer_begin(): return its path, borrowed, or NULL if there is nothing.
 */
const char *tree_layer_leave(struct tree *);

/** tree_layer_drop(tree, err): Write to the export again; drop the layer. */
int tree_layer_drop(struct tree *, struct err *);

/* ---------------------------------------------------------------- syncs */

/* Lines that say that what was written is there: see tree_flush_begin(). */
struct tree_lines_to_say {
	int fd;			/* of the file they go to */
	struct span bytes;
	const char *name;	/* of the file, for errors */
};

/** tree_is_due(tree): Is it time for tree_flush_begin()? */
bool tree_is_due(struct tree *);

/**
 * tree_flush_begin(tree, lines, err):
 * Begin to get all that was written onto the disk; when it is there, append
 * the ${lines} and sync them.  A thread does it, if there can be one; what was
 * begun before is waited for.  The ${lines} must stay as they are until
 * tree_wait().  Return 0; or -1 with ${err} set by what was begun before.
 */
int tree_flush_begin(struct tree *, const struct tree_lines_to_say *,
    struct err *);

/**
 * tree_wait(tree, err):
 * Wait until what was begun is on the disk, its lines too.  Once that failed,
 * it and all syncs fail again.
 */
int tree_wait(struct tree *, struct err *);

/** tree_flush(tree, err): Get all that was written onto the disk. */
int tree_flush(struct tree *, struct err *);

/** tree_sweep(tree, err): Remove temporary files that a crash left. */
int tree_sweep(struct tree *, struct err *);

#endif
