/*
 * A listing that is read again: its records are there already, but for some,
 * and these may belong between the others.  So that an export that had
 * trouble is the same as one that had none, the reading is written to a new
 * stream as well, which takes the old one's place at the end.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

int
run_again_begin(struct run *run, struct run_listing *own, struct err *err)
{
	if (own->pass_seen != own->seen)
		set_free(own->pass_seen);
	own->pass_seen = set_new();
	tree_stream_free(own->again);
	own->again = NULL;
	if (own->dir == NULL || run->tree == NULL)
		return 0;
	own->again = tree_stream_new(run->tree, own->dir, NULL, true, err);
	return own->again != NULL ? 0 : -1;
}

/* Did a reading after the first bring records? */
static bool
has_late_records(const struct run *run, const struct run_listing *own)
{
	struct manifest_listing known;
	size_t i;

	if (own->foreign)
		return true;
	if (!manifest_find(run->manifest, own->crawl->key, &known))
		return false;
	for (i = 0; i < known.n_pages; i++)
		if (known.pages[i].pass > 1 && known.pages[i].kept > 0)
			return true;
	return false;
}

/* Is the line a record that this reading did not have? */
static bool
is_left_over(struct run *run, struct run_listing *own, struct span line)
{
	/* A repair's place-holder. */
	if (line.len == 4 && memcmp(line.at, "null", 4) == 0)
		return false;
	if (own->foreign && page_check(line.at, line.len, NULL) == -1)
		return false;
	(void)page_key(own->crawl->resource, line, &run->scratch);
	return set_add(own->pass_seen, run->scratch.at, run->scratch.len);
}

static int
add_left_over(struct run *run, struct run_listing *own, struct err *err)
{
	struct tree_lines *lines = tree_lines_new(run->tree, own->dir);
	struct span line;
	int rc;

	while ((rc = tree_lines_next(lines, &line, err)) == 1)
		if (is_left_over(run, own, line) && tree_stream_add(
		    own->again, &line, 1, false, err) == -1) {
			rc = -2;
			break;
		}
	tree_lines_free(lines);
	/* Another tool's last line may be torn: it is no record. */
	return rc == 0 || (rc == -1 && own->foreign &&
	    err->kind == ERR_DATA) ? 0 : -1;
}

int
run_again_end(struct run *run, struct run_listing *own,
    struct manifest_listing *whole, struct err *err)
{
	struct tree_stream *again = own->again;

	if (again == NULL || !has_late_records(run, own))
		return 0;
	if (tree_flush(run->tree, err) == -1 ||
	    add_left_over(run, own, err) == -1)
		return -1;
	own->again = NULL;
	whole->records = tree_stream_lines(again);
	return run_replace_stream(run, own, again, whole, err) == -1 ? -1 : 1;
}
