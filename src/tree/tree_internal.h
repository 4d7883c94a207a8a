#ifndef TREE_INTERNAL_H
#define TREE_INTERNAL_H

#include <sys/types.h>

#include "tree/tree.h"

/*
 * A directory of the export that is open: those used last are kept open, and
 * those in which the next sync has something to do.
 */
struct tree_folder {
	char *path;
	size_t len;
	int fd;
	bool is_apart;		/* on another disk than the export */
	unsigned users;		/* it is closed with the last one */
	const struct tree_batch *batch;	/* the last that it is in, or NULL */
};

/* A file that is written and not synced. */
struct tree_file {
	int fd;			/* -1: closed, see tree_sync.c */
	bool is_stream;		/* its descriptor stays with the stream */
	bool is_apart;		/* on another disk than the export */
	char *path;		/* of an object, else NULL */
	struct tree_folder *folder;	/* of an object: where it is */
	char *bytes;		/* of a small object, to be read again */
	size_t len;
};

/* What the next sync has to do. */
struct tree_batch {
	struct tree_folder **changed;	/* there are new names in them */
	size_t n_changed, changed_capacity;
	struct tree_file *files;
	size_t n_files, files_capacity;
	size_t n_objects;	/* of the files */
	size_t n_held;		/* descriptors that only it holds open */
	uint64_t bytes;
	size_t n_kept;		/* of them, those that its files have */
	int64_t since;		/* when the first file came */
	bool is_whole;		/* files of it are closed: sync the disk */
	int disk;		/* a descriptor on the disk of the export */
	struct tree_lines_to_say lines;
};

struct tree_worker;

#define TREE_FOLDERS 32		/* kept open */

struct tree {
	char *path;
	int dir;
	int out;		/* where it is written: ${dir}, or a layer */
	char *layer;		/* path of the layer; or NULL */
	int aside;		/* where what is taken out goes; or -1 */
	char *aside_path;
	struct tree_folder near;	/* see tree_check.c */
	dev_t device;		/* of ${dir} */
	bool can_sync_all;	/* the disk can be synced as a whole */
	struct tree_folder *folders[TREE_FOLDERS];	/* used last first */
	size_t n_folders, max_folders;
	unsigned max_held;	/* descriptors in a batch */
	int log;
	struct set *names;	/* paths as they are */
	struct set *folded;	/* and in lower case */
	struct set *taken;	/* objects that are there */
	struct tree_batch *batch;	/* what is collected */
	struct tree_batch *under_way;	/* what is being synced */
	bool is_under_way;
	struct tree_worker *worker;	/* NULL: not needed yet */
	struct err failure;	/* of a sync; ERR_NONE: none */
	int64_t due_ms;		/* how old it may get; 0 at the start */
};

/* --------------------------------------------------- tree_folder.c */

/**
 * tree_folder(tree, path, folder, err):
 * Open the directory ${path}, made if need be, in which a name is to be made:
 * it is synced with what is collected now, and borrowed until then.
 */
int tree_folder(struct tree *, const char *, struct tree_folder **,
    struct err *);

/**
 * tree_open_near(tree, path):
 * Open the file ${path} where things are written to, to read it; return -1
 * where it is not there, or something else is wrong.
 */
int tree_open_near(struct tree *, const char *);

/** tree_leave_folder(folder): One user less. */
void tree_leave_folder(struct tree_folder *);

/** tree_leave_folders(tree): Keep none open: they may not be what they were. */
void tree_leave_folders(struct tree *);

/** tree_is_apart(tree, fd): Is ${fd} on another disk than the export? */
bool tree_is_apart(const struct tree *, int);

/** tree_leave_near(tree): Close the directory that tree_has() holds open. */
void tree_leave_near(struct tree *);

/* ---------------------------------------------------- tree_batch.c */

/** tree_wrote(tree, file, bytes): A file changed; sync it next time. */
void tree_wrote(struct tree *, const struct tree_file *, uint64_t);

/**
 * tree_find_pending(tree, path):
 * Return the file among those that may not have their name yet, or NULL.
 */
const struct tree_file *tree_find_pending(const struct tree *, const char *);

/**
 * tree_hand_over(tree, fd):
 * Have ${fd}, that of a stream, closed after the sync that it waits for.
 * Return whether there is one.
 */
bool tree_hand_over(struct tree *, int);

/** tree_batches_free(tree): Close and free what was not synced. */
void tree_batches_free(struct tree *);

/* ----------------------------------------------------- tree_sync.c */

/**
 * tree_sync(batch, err):
 * Get all of ${batch} onto the disk, and then its lines.  It takes no memory,
 * and changes nothing in ours: it is what the thread does.
 */
int tree_sync(const struct tree_batch *, struct err *);

/* --------------------------------------------------- tree_worker.c */

/**
 * tree_worker_start():
 * Return a thread that waits for work, tree_worker_free() it; or NULL if
 * there can be none.
 */
struct tree_worker *tree_worker_start(void);

/**
 * tree_worker_give(worker, batch):
 * Have ${batch} synced, and leave it alone until tree_worker_wait().
 */
void tree_worker_give(struct tree_worker *, const struct tree_batch *);

/** tree_worker_is_busy(worker): Has it something to do? */
bool tree_worker_is_busy(struct tree_worker *);

/** tree_worker_wait(worker, err): Wait for its end; return how that was. */
int tree_worker_wait(struct tree_worker *, struct err *);

/** tree_worker_free(worker): End it, when its work is done; may be NULL. */
void tree_worker_free(struct tree_worker *);

#endif
