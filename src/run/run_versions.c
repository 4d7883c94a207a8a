/*
 * Records of a stream with the same key and different values.
 *
 * The stream is read again from the server, which has one of them or none.  In
 * a legacy stream nobody can tell which is right, so all are kept.  The same
 * value may have different bytes, because Python's json re-encodes it; it is
 * kept once.  In a native stream where keys are known to be shared, different
 * bytes mean a different record, whether or not the server still has it.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

struct run_versions {
	const struct run_listing *own;
	struct set *values;	/* key and value of those in the new stream */
};

static bool
has_key(const struct set *set, const struct text *key)
{
	return set != NULL && set_has(set, key->data, key->len);
}

/* May several records have the key in run->scratch? */
static bool
is_repeated(const struct run *run, const struct run_listing *own)
{
	if (!own->is_legacy)
		return own->shared != NULL;
	return has_key(own->repeated, &run->scratch) ||
	    has_key(own->shared, &run->scratch);
}

/* Note the value of the record whose key is in run->scratch.  Is it new? */
static bool
note_value(const struct run *run, const struct run_versions *versions,
    struct span bytes)
{
	json_t *value = versions->own->is_legacy ? json_loadb(bytes.data,
	    bytes.len, JSON_DECODE_ANY, NULL) : NULL;
	char *plain = value == NULL ? NULL : json_dumps(value,
	    JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
	struct text both;
	bool is_new;

	text_init(&both, SIZE_MAX / 4);
	text_add(&both, run->scratch.data, run->scratch.len);
	text_addc(&both, '\0');
	if (plain != NULL)
		text_adds(&both, plain);
	else
		page_line(bytes, &both);
	is_new = set_add(versions->values, both.data, both.len);
	text_release(&both);
	free(plain);
	json_decref(value);
	return is_new;
}

static int
note_line(struct run *run, const struct run_versions *versions,
    struct page *page, struct span line, struct err *err)
{
	const struct run_listing *own = versions->own;
	struct page_record record;

	if (page_read_record(page, run->plans[own->crawl->resource->index],
	    line.data, line.len, err) == -1)
		return -1;
	record = page_record(page, 0);
	if (page_key(&record, NULL, &run->scratch) && is_repeated(run, own))
		(void)note_value(run, versions, record.bytes);
	return 0;
}

struct run_versions *
run_versions_new(struct run *run, const struct run_listing *own,
    struct err *err)
{
	struct run_versions *versions = mem_zero(1, sizeof(*versions));
	struct tree_lines *lines;
	struct page page;
	struct span line;
	int rc;

	versions->own = own;
	versions->values = set_new();
	if (own->shared == NULL && (!own->is_legacy || own->repeated == NULL))
		return versions;
	lines = tree_lines_new(run->tree, own->dir, true);
	page_init(&page);
	while ((rc = tree_lines_next(lines, &line, err)) == 1)
		if ((rc = note_line(run, versions, &page, line, err)) == -1)
			break;
	page_release(&page);
	tree_lines_free(lines);
	if (rc == 0)
		return versions;
	run_versions_free(versions);
	return NULL;
}

bool
run_versions_is_other(struct run *run, const struct run_versions *versions,
    struct span bytes)
{
	return is_repeated(run, versions->own) &&
	    note_value(run, versions, bytes);
}

void
run_versions_free(struct run_versions *versions)
{
	if (versions == NULL)
		return;
	set_free(versions->values);
	free(versions);
}
