/*
 * Records of one listing that came in several replies with the same key and
 * different bytes.
 *
 * In a list that changes while it is read, a record may come twice, the second
 * time in a later version.  In other lists, two records share a key.  So a
 * record that comes a second time is held until the reading ends.  The records
 * share a key if one reply showed that keys are shared in this list (see
 * run_shared.c); or if the listing's total, after two readings, counts all of
 * them; or if two readings in a row had the same versions, since a changed
 * record does not change back.  The list is then read once more, and the
 * records are distinguished by their bytes.  Otherwise the later version
 * replaces the earlier one.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

#define MAX_HELD (64u << 20)	/* bytes; beyond, nothing is compared */

struct held {
	char *key, *bytes;
	size_t key_len, len;
	size_t number;		/* position in the order of arrival */
	bool is_known;		/* a kept record has these bytes */
};

struct run_duplicates {
	struct held *all;
	size_t n, capacity, bytes;
	struct set *seen;	/* key and bytes */
	struct set *versions;	/* likewise, including kept ones */
	bool is_over;		/* there were too many */
	bool is_marked;		/* is_known is set */
};

void
run_duplicates_free(struct run_duplicates *held_duplicates)
{
	size_t i;

	if (held_duplicates == NULL)
		return;
	for (i = 0; i < held_duplicates->n; i++) {
		free(held_duplicates->all[i].key);
		free(held_duplicates->all[i].bytes);
	}
	free(held_duplicates->all);
	set_free(held_duplicates->seen);
	set_free(held_duplicates->versions);
	free(held_duplicates);
}

/* Join key and bytes. */
static void
join(const char *key, size_t len, struct span bytes, struct text *both)
{
	text_clear(both);
	text_add(both, key, len);
	text_addc(both, '\0');
	text_add(both, bytes.data, bytes.len);
}

void
run_duplicate(struct run_listing *own, const struct text *key,
    struct span record)
{
	struct run_duplicates *held_duplicates = own->held_duplicates;
	struct text line, both;
	bool is_new;

	if (held_duplicates == NULL) {
		held_duplicates = own->held_duplicates =
		    mem_zero(1, sizeof(*held_duplicates));
		held_duplicates->seen = set_new();
		held_duplicates->versions = set_new();
	}
	text_init(&line, SIZE_MAX / 4);
	text_init(&both, SIZE_MAX / 4);
	if (own->dir != NULL)
		page_line(record, &line);
	else
		text_add(&line, record.data, record.len);
	join(key->data, key->len, (struct span){ line.data, line.len }, &both);
	is_new = set_add(held_duplicates->seen, both.data, both.len);
	held_duplicates->is_over |= is_new && held_duplicates->bytes > MAX_HELD;
	if (is_new && held_duplicates->bytes <= MAX_HELD) {
		held_duplicates->all = mem_need(held_duplicates->all,
		    held_duplicates->n + 1, &held_duplicates->capacity,
		    sizeof(*held_duplicates->all));
		held_duplicates->all[held_duplicates->n] = (struct held){
		    .key = mem_copy(key->data, key->len), .key_len = key->len,
		    .len = line.len, .number = held_duplicates->n };
		held_duplicates->bytes += line.len;
		held_duplicates->all[held_duplicates->n++].bytes =
		    text_take(&line);
	}
	text_release(&line);
	text_release(&both);
}

static int
compare_keys(const struct held *one, const char *key, size_t len)
{
	int rc = memcmp(one->key, key, one->key_len < len ? one->key_len :
	    len);

	return rc != 0 ? rc : one->key_len < len ? -1 : one->key_len > len;
}

static int
by_key(const void *a, const void *b)
{
	const struct held *one = a, *other = b;
	int rc = compare_keys(one, other->key, other->key_len);

	return rc != 0 ? rc : one->number < other->number ? -1 : 1;
}

/* The first held record with the key in run->scratch, or NULL. */
static struct held *
find(const struct run *run, const struct run_duplicates *held_duplicates)
{
	size_t low = 0, high = held_duplicates->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_keys(&held_duplicates->all[middle],
			run->scratch.data, run->scratch.len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < held_duplicates->n &&
		       compare_keys(&held_duplicates->all[low],
			   run->scratch.data, run->scratch.len) == 0
		   ? &held_duplicates->all[low]
		   : NULL;
}

/* The next held record with the same key, or NULL. */
static struct held *
next(const struct run *run, const struct run_duplicates *held_duplicates,
    struct held *held)
{
	held++;
	return held < &held_duplicates->all[held_duplicates->n] &&
		       compare_keys(
			   held, run->scratch.data, run->scratch.len) == 0
		   ? held
		   : NULL;
}

/* Mark held records that equal this kept one. */
static void
mark_one(struct run *run, struct run_duplicates *held_duplicates,
    const struct page_record *record)
{
	struct held *held;
	struct text both;

	(void)page_key(record, NULL, &run->scratch);
	if ((held = find(run, held_duplicates)) == NULL)
		return;
	text_init(&both, SIZE_MAX / 4);
	join(held->key, held->key_len, record->bytes, &both);
	set_add(held_duplicates->versions, both.data, both.len);
	text_release(&both);
	for (; held != NULL; held = next(run, held_duplicates, held))
		held->is_known |= held->len == record->bytes.len &&
		    memcmp(held->bytes, record->bytes.data, held->len) == 0;
}

/* Do so for the stream of this reading. */
static int
mark_again(struct run *run, struct run_listing *own, struct err *err)
{
	struct tree_lines *lines = tree_lines_new(run->tree, own->dir, true);
	const struct page_plan *plan =
	    run->plans[own->crawl->resource->index];
	struct page_record record;
	struct page page;
	struct span line;
	int rc;

	page_init(&page);
	while ((rc = tree_lines_next(lines, &line, err)) == 1) {
		if (page_read_record(&page, plan, line.data, line.len,
		    err) == -1) {
			rc = -1;
			break;
		}
		record = page_record(&page, 0);
		mark_one(run, own->held_duplicates, &record);
	}
	page_release(&page);
	tree_lines_free(lines);
	return rc;
}

/*
 * Mark the held records that are kept already, byte for byte.  If this reading
 * has its own stream, that is the one that counts.
 */
static int
mark_known(struct run *run, struct run_listing *own, struct err *err)
{
	struct run_reader *reader;
	struct page_record record;
	int rc;

	if (own->held_duplicates->is_marked)
		return 0;
	own->held_duplicates->is_marked = true;
	qsort(own->held_duplicates->all, own->held_duplicates->n,
	    sizeof(struct held), by_key);
	if (own->again != NULL)
		return mark_again(run, own, err);
	reader = run_reader_new(run, own->crawl->key, own->dir, err);
	if (reader == NULL)
		return -1;
	while ((rc = run_reader_next(reader, &record, err)) == 1)
		mark_one(run, own->held_duplicates, &record);
	run_reader_free(reader);
	return rc;
}

/* Note the records on disk whose keys are shared. */
static int
load_shared_keys(struct run *run, struct run_listing *own, struct err *err)
{
	struct run_reader *reader = run_reader_new(run, own->crawl->key,
	    own->dir, err);
	struct page_record record;
	int rc = -1;

	/* Unreadable lines of a damaged stream are no records. */
	if (reader != NULL && own->is_legacy)
		run_reader_tolerate(reader);
	while (reader != NULL &&
	    (rc = run_reader_next(reader, &record, err)) == 1)
		run_shared_load(run, own, &record);
	run_reader_free(reader);
	return rc;
}

/* Did the reading before have ${text}, a key or a key and bytes? */
static bool
had(const struct run_listing *own, const struct text *text)
{
	return own->versions != NULL && set_has(own->versions, text->data,
	    text->len);
}

/*
 * Are the keys of held records that are not kept shared?  Return 2 if so; 1 if
 * one more reading may tell; or 0.
 */
static int
share(struct run *run, struct run_listing *own, bool all)
{
	struct run_duplicates *held_duplicates = own->held_duplicates;
	struct text both;
	int rc = 0;
	size_t i;

	text_init(&both, SIZE_MAX / 4);
	for (i = 0; i < held_duplicates->n; i++) {
		const struct held *held = &held_duplicates->all[i];

		if (held->is_known)
			continue;
		text_clear(&run->scratch);
		text_add(&run->scratch, held->key, held->key_len);
		join(held->key, held->key_len, (struct span){ held->bytes,
		    held->len }, &both);
		if (all || had(own, &both)) {
			run_shared_add(run, own);
			rc = 2;
		} else if (rc == 0) {
			rc = !had(own, &run->scratch);
		}
		set_add(held_duplicates->versions, run->scratch.data,
		    run->scratch.len);
		set_add(held_duplicates->versions, both.data, both.len);
	}
	text_release(&both);
	return rc;
}

int
run_duplicates_share(struct run *run, struct run_listing *own, bool counted,
    struct err *err)
{
	struct run_duplicates *held_duplicates = own->held_duplicates;
	uint64_t later;
	int rc;

	if (run_duplicates_count(run, own, &later, err) == -1)
		return -1;
	rc = later > 0 ? share(run, own, counted || own->shared != NULL) : 0;
	set_free(own->versions);
	own->versions = NULL;
	if (held_duplicates != NULL) {
		own->versions = held_duplicates->versions;
		held_duplicates->versions = NULL;
	}
	if ((rc == 2 || own->unclear != NULL) &&
	    load_shared_keys(run, own, err) == -1)
		return -1;
	set_free(own->unclear);
	own->unclear = NULL;
	return rc;
}

int
run_duplicates_count(struct run *run, struct run_listing *own, uint64_t *n,
    struct err *err)
{
	size_t i;

	*n = 0;
	if (own->held_duplicates == NULL)
		return 0;
	if (mark_known(run, own, err) == -1)
		return -1;
	for (i = 0; i < own->held_duplicates->n; i++)
		*n += !own->held_duplicates->all[i].is_known;
	return 0;
}

bool
run_duplicates_are_over(const struct run_listing *own)
{
	return own->held_duplicates != NULL && own->held_duplicates->is_over;
}

/* The latest version of the record whose key is in run->scratch, or NULL. */
static const struct held *
latest(const struct run *run, const struct run_duplicates *held_duplicates)
{
	struct held *held = find(run, held_duplicates), *last = NULL;

	for (; held != NULL; held = next(run, held_duplicates, held))
		last = held;
	return last;
}

/* Copy the stream to ${copy} with the latest versions. */
static int
copy_latest(struct run *run, struct run_listing *own,
    struct tree_stream *copy, struct err *err)
{
	struct run_reader *reader = run_reader_new(run, own->crawl->key,
	    own->dir, err);
	const struct held *held;
	struct page_record record;
	struct span bytes;
	int rc = reader != NULL ? 1 : -1;

	while (rc == 1 && (rc = run_reader_next(reader, &record, err)) == 1) {
		bytes = record.bytes;
		(void)page_key(&record, NULL, &run->scratch);
		if ((held = latest(run, own->held_duplicates)) != NULL &&
		    !held->is_known) {
			bytes = (struct span){ held->bytes, held->len };
			own->changed++;
		}
		if (tree_stream_add(copy, &bytes, 1, false, err) == -1)
			rc = -1;
	}
	run_reader_free(reader);
	return rc;
}

/* Replace kept objects by the held ones. */
static int
put_objects(struct run *run, struct run_listing *own, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	struct run_duplicates *held_duplicates = own->held_duplicates;
	struct manifest_page page = { .first = listing->commit, .total = -1,
	    .pass = listing->pass, .partial = true };
	struct tree_receipts files = { NULL, 0, 0 };
	struct page_record record;
	struct page read;
	size_t i;
	int rc = 0;

	page_init(&read);
	for (i = 0; i < held_duplicates->n && rc == 0; i++) {
		const struct held *held = &held_duplicates->all[i];

		if (held->is_known)
			continue;
		rc = page_read_record(&read,
		    run->plans[listing->resource->index], held->bytes,
		    held->len, err);
		if (rc == -1)
			break;
		record = page_record(&read, 0);
		(void)page_key(&record, NULL, &run->scratch);
		rc = run_put_again(run, listing, &record, &files, err);
	}
	page_release(&read);
	if (rc == 0)
		manifest_say_page(run->manifest, listing->key, &page, &files);
	tree_receipts_release(&files);
	return rc;
}

int
run_duplicates_replace(struct run *run, struct run_listing *own,
    struct manifest_listing *whole, struct err *err)
{
	struct tree_stream *copy;

	if (own->dir == NULL)
		return put_objects(run, own, err);
	if ((copy = tree_stream_new(run->tree, own->dir, NULL, true,
	    err)) == NULL)
		return -1;
	qsort(own->held_duplicates->all, own->held_duplicates->n,
	    sizeof(struct held), by_key);
	if (copy_latest(run, own, copy, err) == -1) {
		tree_stream_free(copy);
		return -1;
	}
	whole->changed = own->changed;
	return run_replace_stream(run, own, copy, whole, err);
}
