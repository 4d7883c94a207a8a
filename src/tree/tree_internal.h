#ifndef TREE_INTERNAL_H
#define TREE_INTERNAL_H

#include <sys/types.h>

#include "tree/tree.h"

/*
 * An open directory of the export.  Kept open are those used last and those
 * that the next sync needs.
 */
struct tree_folder {
	char *path;
	size_t len;
	int fd;
	bool is_apart;		/* on another disk than the export */
	unsigned users;		/* it is closed with the last one */
	const struct tree_batch *batch;	/* the last batch that it is in, or
					 * NULL */
};

/* A file that is written but not synced. */
struct tree_file {
	int fd;			/* -1: closed, see tree_sync.c */
	bool is_stream;		/* the stream owns the descriptor */
	bool is_apart;		/* on another disk than the export */
	char *path;		/* of an object, else NULL */
	struct tree_folder *folder;	/* of an object */
	char *bytes;		/* of a small object, for reading */
	size_t len;
};

/* What one sync has to do. */
struct tree_batch {
	struct tree_folder **changed;	/* directories with new names */
	size_t n_changed, changed_capacity;
	struct tree_file *files;
	size_t n_files, files_capacity;
	size_t n_objects;	/* among the files */
	size_t n_held;		/* descriptors that only the batch holds open */
	uint64_t bytes;
	size_t n_kept;		/* bytes kept in memory */
	int64_t since;		/* when the first file was added */
	bool is_whole;		/* some files are closed: sync the whole disk */
	int disk;		/* a descriptor on the export's disk */
	struct tree_lines_to_say lines;
};

struct tree_worker;

#define TREE_FOLDERS 32		/* kept open */

struct tree {
	char *path;
	int dir;
	int out;		/* what is written to: ${dir}, or a layer */
	char *layer;		/* path of the layer; or NULL */
	int aside;		/* directory of moved files; or -1 */
	char *aside_path;
	struct tree_folder near;	/* see tree_check.c */
	dev_t device;		/* of ${dir} */
	bool can_sync_all;	/* the disk can be synced as a whole */
	struct tree_folder *folders[TREE_FOLDERS];	/* most recently used
							 * first */
	size_t n_folders, max_folders;
	unsigned max_held;	/* limit of descriptors in a batch */
	int log;
	struct set *names;	/* paths */
	struct set *folded;	/* paths in lower case */
	struct set *taken;	/* paths of objects that exist */
	struct tree_batch *batch;	/* what is being collected */
	struct tree_batch *under_way;	/* what is being synced */
	bool is_under_way;
	struct tree_worker *worker;	/* NULL: not started */
	struct err failure;	/* of a sync */
	int64_t due_ms;		/* the age at which a batch is due; 0 at
				 * first */
};

/* --------------------------------------------------- tree_folder.c */

/**
 * tree_folder(tree, path, folder, err):
 * Open the directory ${path}, creating it if necessary, for a new name.  It is
 * synced with the current batch, and borrowed until then.
 */
int tree_folder(struct tree *, const char *, struct tree_folder **,
    struct err *);

/**
 * tree_open_near(tree, path):
 * Open the file ${path} below tree_out() for reading; return -1 on any failure.
 */
int tree_open_near(struct tree *, const char *);

/** tree_leave_folder(folder): Drop a user of ${folder}. */
void tree_leave_folder(struct tree_folder *);

/**
 * tree_leave_folders(tree):
 * Close all cached directories, as they may change.
 */
void tree_leave_folders(struct tree *);

/**
 * tree_is_apart(tree, fd):
 * Return whether ${fd} is on another disk than the export.
 */
bool tree_is_apart(const struct tree *, int);

/** tree_leave_near(tree): Close the directory that tree_has() holds open. */
void tree_leave_near(struct tree *);

/* ---------------------------------------------------- tree_batch.c */

/** tree_wrote(tree, file, bytes): Add a changed file to the current batch. */
void tree_wrote(struct tree *, const struct tree_file *, uint64_t);

/**
 * tree_find_pending(tree, path):
 * Return the file among those that may not have their final name yet, or NULL.
 */
const struct tree_file *tree_find_pending(const struct tree *, const char *);

/**
 * tree_hand_over(tree, fd):
 * Close ${fd}, a stream's, after its pending sync.  Return whether there is
 * one.
 */
bool tree_hand_over(struct tree *, int);

/** tree_batches_free(tree): Close and free both batches. */
void tree_batches_free(struct tree *);

/* ----------------------------------------------------- tree_sync.c */

/**
 * tree_sync(batch, err):
 * Sync ${batch} and then its lines.  It runs in the thread, so it allocates no
 * memory and changes no shared data.
 */
int tree_sync(const struct tree_batch *, struct err *);

/* --------------------------------------------------- tree_worker.c */

/**
 * tree_worker_start():
 * Start a thread that waits for work; free it with tree_worker_free().  Return
 * NULL if none can be created.
 */
struct tree_worker *tree_worker_start(void);

/**
 * tree_worker_give(worker, batch):
 * Sync ${batch}, which must not be touched until tree_worker_wait().
 */
void tree_worker_give(struct tree_worker *, const struct tree_batch *);

/** tree_worker_is_busy(worker): Return whether it is syncing a batch. */
bool tree_worker_is_busy(struct tree_worker *);

/** tree_worker_wait(worker, err): Wait for the batch; return its result. */
int tree_worker_wait(struct tree_worker *, struct err *);

/**
 * tree_worker_free(worker):
 * Finish its work and end it; ${worker} may be NULL.
 */
void tree_worker_free(struct tree_worker *);

/* ------------------------------------------------------ tree_shards.c */

/** tree_shard_number(name): Return N of the shard name N.jsonl; or 0. */
size_t tree_shard_number(const char *);

/**
 * tree_remove_beyond(tree, path, known, err):
 * Remove the shards in ${path} whose number is above ${known}.
 */
int tree_remove_beyond(struct tree *, const char *, size_t, struct err *);

#endif
