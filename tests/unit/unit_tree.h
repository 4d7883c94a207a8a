/* What the tests of the tree share: a new one, and a look at its files. */
#ifndef UNIT_TREE_H
#define UNIT_TREE_H

#include "unit.h"

#include "tree/tree.h"

static int number;

/* A new export directory, at a fixed time. */
static inline struct tree *
new_tree(void)
{
	struct tree *tree;
	struct err err;

	clock_fix(1748781045000 + 1000 * (int64_t)number++);
	tree = tree_create("exports", &err);
	if (tree == NULL)
		fail_msg("%s", err.text);
	return tree;
}

static inline void
read_file(struct tree *tree, const char *path, struct text *text)
{
	struct err err;

	text_init(text, 10000000);
	if (file_read(tree_dir(tree), path, text, &err) == -1)
		fail_msg("%s", err.text);
	if (text->data == NULL)
		text_adds(text, "");
}

#endif
