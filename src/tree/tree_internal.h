#ifndef TREE_INTERNAL_H
#define TREE_INTERNAL_H

#include "tree/tree.h"

/* A directory that was opened since the last sync. */
struct tree_folder {
	char *path;
	int fd;
	bool changed;		/* there is a new name in it */
};

/* A file that is written and not synced. */
struct tree_file {
	int fd;
	bool is_stream;		/* its descriptor stays with the stream */
	char *path;		/* of an object, else NULL */
	size_t folder;		/* of an object: where it is */
};

/* What the next sync has to do. */
struct tree_batch {
	struct tree_folder *folders;
	size_t n_folders, folders_room;
	struct tree_file *files;
	size_t n_files, files_room;
	uint64_t bytes;
	int64_t since;		/* when the first file came */
};

struct tree {
	char *path;
	int dir;
	int out;		/* where it is written: ${dir}, or a layer */
	char *layer;		/* path of the layer; or NULL */
	int aside;		/* where what is taken out goes; or -1 */
	char *aside_path;
	struct tree_folder near;	/* see tree_check.c */
	int log;
	struct set *names;	/* paths as they are */
	struct set *folded;	/* and in lower case */
	struct set *taken;	/* objects that are there */
	struct tree_batch batch;
	int64_t due_ms;		/* how old it may get; 0 at the start */
};

/**
 * tree_folder(tree, path, folder, err):
 * Open the directory ${path}, made if need be, until the next sync; whoever
 * makes a name in it says that it has changed.
 */
int tree_folder(struct tree *, const char *, size_t *, struct err *);

/** tree_leave_near(tree): Close the directory that tree_has() holds open. */
void tree_leave_near(struct tree *);

/** tree_wrote(tree, file, bytes): A file changed; sync it next time. */
void tree_wrote(struct tree *, const struct tree_file *, uint64_t);

#endif
