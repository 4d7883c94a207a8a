/*
 * Records of one listing that have the same key and other bytes.
 *
 * In a list that changes while it is read, a record may come twice, the second
 * time in a later version.  In others two records do have the same key.  Only
 * the listing's total tells: if it counts both, both are kept; otherwise the
 * later one takes the earlier one's place.
 *
 * So what comes a second time is held until the listing ends.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

#define MAX_HELD (64u << 20)	/* bytes; beyond, no one compares */

struct held {
	char *key, *bytes;
	size_t key_len, len;
	size_t number;		/* in the order in which they came */
	bool is_known;		/* a record with these bytes is kept */
	bool is_shared;		/* several records have its key */
};

struct run_doubles {
	struct held *all;
	size_t n, capacity, bytes;
	struct set *seen;	/* key and bytes */
	bool is_over;		/* there were more */
};

void
run_doubles_free(struct run_doubles *doubles)
{
	size_t i;

	if (doubles == NULL)
		return;
	for (i = 0; i < doubles->n; i++) {
		free(doubles->all[i].key);
		free(doubles->all[i].bytes);
	}
	free(doubles->all);
	set_free(doubles->seen);
	free(doubles);
}

void
run_double(struct run_listing *own, const struct text *key,
    struct span record)
{
	struct run_doubles *doubles = own->doubles;
	struct text line, both;
	bool is_new;

	if (doubles == NULL) {
		doubles = own->doubles = mem_zero(1, sizeof(*doubles));
		doubles->seen = set_new();
	}
	text_init(&line, SIZE_MAX / 4);
	text_init(&both, SIZE_MAX / 4);
	if (own->dir != NULL)
		page_line(record, &line);
	else
		text_add(&line, record.at, record.len);
	text_add(&both, key->at, key->len);
	text_addc(&both, '\0');
	text_add(&both, line.at, line.len);
	is_new = set_add(doubles->seen, both.at, both.len);
	doubles->is_over |= is_new && doubles->bytes > MAX_HELD;
	if (is_new && doubles->bytes <= MAX_HELD) {
		doubles->all = mem_need(doubles->all, doubles->n + 1,
		    &doubles->capacity, sizeof(*doubles->all));
		doubles->all[doubles->n] = (struct held){
		    .key = mem_copy(key->at, key->len), .key_len = key->len,
		    .len = line.len, .number = doubles->n };
		doubles->bytes += line.len;
		doubles->all[doubles->n++].bytes = text_take(&line);
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

/* The first one held whose key is in run->scratch, or NULL. */
static struct held *
find(const struct run *run, const struct run_doubles *doubles)
{
	size_t low = 0, high = doubles->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_keys(&doubles->all[middle], run->scratch.at,
		    run->scratch.len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < doubles->n && compare_keys(&doubles->all[low],
	    run->scratch.at, run->scratch.len) == 0 ? &doubles->all[low] :
	    NULL;
}

/* Go on to the next one with the same key, or NULL. */
static struct held *
next(const struct run *run, const struct run_doubles *doubles,
    struct held *held)
{
	held++;
	return held < &doubles->all[doubles->n] && compare_keys(held,
	    run->scratch.at, run->scratch.len) == 0 ? held : NULL;
}

/* The record is kept: it is known, if it is one of those held. */
static void
mark_one(struct run *run, struct run_doubles *doubles,
    const struct page_record *record)
{
	struct held *held;

	(void)page_key(record, NULL, &run->scratch);
	for (held = find(run, doubles); held != NULL;
	    held = next(run, doubles, held))
		held->is_known |= held->len == record->bytes.len &&
		    memcmp(held->bytes, record->bytes.at, held->len) == 0;
}

/* Go through the stream that this reading is written to. */
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
		if (page_read_record(&page, plan, line.at, line.len,
		    err) == -1) {
			rc = -1;
			break;
		}
		record = page_record(&page, 0);
		mark_one(run, own->doubles, &record);
	}
	page_release(&page);
	tree_lines_free(lines);
	return rc;
}

/*
 * Which of them are kept already, byte for byte?  Where this reading is
 * written to a stream of its own, it is that one which will count.
 */
static int
mark_known(struct run *run, struct run_listing *own, struct err *err)
{
	struct run_reader *reader;
	struct page_record record;
	int rc;

	qsort(own->doubles->all, own->doubles->n, sizeof(struct held),
	    by_key);
	if (own->again != NULL)
		return mark_again(run, own, err);
	reader = run_reader_new(run, own->crawl->key, own->dir, err);
	if (reader == NULL)
		return -1;
	while ((rc = run_reader_next(reader, &record, err)) == 1)
		mark_one(run, own->doubles, &record);
	run_reader_free(reader);
	return rc;
}

static int
by_number(const void *a, const void *b)
{
	const struct held *one = a, *other = b;

	return one->number < other->number ? -1 : 1;
}

/* Write the objects held, beside those that are kept or in their place. */
static int
put_objects(struct run *run, struct run_listing *own, bool beside,
    bool shared, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	struct run_doubles *doubles = own->doubles;
	struct manifest_page page = { .first = listing->commit, .total = -1,
	    .pass = listing->pass, .partial = true };
	struct tree_receipts files = { NULL, 0, 0 };
	struct page_record record;
	struct page read;
	size_t i;
	int rc = 0;

	page_init(&read);
	for (i = 0; i < doubles->n && rc == 0; i++) {
		const struct held *held = &doubles->all[i];

		if (held->is_known || (shared && !held->is_shared))
			continue;
		rc = page_read_record(&read,
		    run->plans[listing->resource->index], held->bytes,
		    held->len, err);
		if (rc == -1)
			break;
		record = page_record(&read, 0);
		(void)page_key(&record, NULL, &run->scratch);
		rc = beside ? run_put(run, listing, &record, true, &files,
		    err) : run_put_again(run, listing, &record, &files, err);
		page.kept += beside;
	}
	page_release(&read);
	if (rc == 0)
		manifest_say_page(run->manifest, listing->key, &page, &files);
	tree_receipts_release(&files);
	return rc;
}

static int
add_lines(struct run_listing *own, bool shared, struct err *err)
{
	const struct run_doubles *doubles = own->doubles;
	size_t i;

	for (i = 0; i < doubles->n; i++) {
		struct span bytes = { doubles->all[i].bytes,
		    doubles->all[i].len };

		if (doubles->all[i].is_known ||
		    (shared && !doubles->all[i].is_shared))
			continue;
		if (tree_stream_add(own->stream, &bytes, 1, false,
		    err) == -1)
			return -1;
		if (own->again != NULL && tree_stream_add(own->again, &bytes,
		    1, false, err) == -1)
			return -1;
	}
	return 0;
}

/* Write those that are held and not kept, or of these only the shared ones. */
static int
write_held(struct run *run, struct run_listing *own, bool shared,
    struct err *err)
{
	return own->dir == NULL ? put_objects(run, own, true, shared, err) :
	    add_lines(own, shared, err);
}

/* Keep those of which several records have the key, whatever the total. */
static int
keep_shared(struct run *run, struct run_listing *own, struct err *err)
{
	struct run_doubles *doubles = own->doubles;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < doubles->n; i++) {
		struct held *held = &doubles->all[i];

		held->is_shared = !held->is_known && own->shared != NULL &&
		    set_has(own->shared, held->key, held->key_len);
		n += held->is_shared;
	}
	if (n == 0)
		return 0;
	qsort(doubles->all, doubles->n, sizeof(*doubles->all), by_number);
	if (write_held(run, own, true, err) == -1)
		return -1;
	for (i = 0; i < doubles->n; i++)
		doubles->all[i].is_known |= doubles->all[i].is_shared;
	own->same_key += n;
	own->records += n;
	own->crawl->distinct += n;
	own->crawl->have += n;
	return 0;
}

int
run_doubles_count(struct run *run, struct run_listing *own, uint64_t *n,
    struct err *err)
{
	size_t i;

	*n = 0;
	if (own->doubles == NULL)
		return 0;
	if (mark_known(run, own, err) == -1 ||
	    keep_shared(run, own, err) == -1)
		return -1;
	for (i = 0; i < own->doubles->n; i++)
		*n += !own->doubles->all[i].is_known;
	return 0;
}

bool
run_doubles_are_over(const struct run_listing *own)
{
	return own->doubles != NULL && own->doubles->is_over;
}

int
run_doubles_keep(struct run *run, struct run_listing *own, struct err *err)
{
	struct run_doubles *doubles = own->doubles;
	uint64_t n = 0;
	size_t i;

	qsort(doubles->all, doubles->n, sizeof(*doubles->all), by_number);
	if (write_held(run, own, false, err) == -1)
		return -1;
	for (i = 0; i < doubles->n; i++)
		n += !doubles->all[i].is_known;
	own->same_key += n;
	own->records += n;
	return 0;
}

/* The latest version of the record whose key is in run->scratch, or NULL. */
static const struct held *
latest(const struct run *run, const struct run_doubles *doubles)
{
	struct held *held = find(run, doubles), *last = NULL;

	for (; held != NULL; held = next(run, doubles, held))
		last = held;
	return last;
}

/* Copy the stream to ${anew}, later versions in place of earlier ones. */
static int
copy_latest(struct run *run, struct run_listing *own,
    struct tree_stream *anew, struct err *err)
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
		if ((held = latest(run, own->doubles)) != NULL &&
		    !held->is_known) {
			bytes = (struct span){ held->bytes, held->len };
			own->changed++;
		}
		if (tree_stream_add(anew, &bytes, 1, false, err) == -1)
			rc = -1;
	}
	run_reader_free(reader);
	return rc;
}

int
run_doubles_replace(struct run *run, struct run_listing *own,
    struct manifest_listing *whole, struct err *err)
{
	struct tree_stream *anew;

	if (own->dir == NULL)
		return put_objects(run, own, false, false, err);
	if ((anew = tree_stream_new(run->tree, own->dir, NULL, true,
	    err)) == NULL)
		return -1;
	qsort(own->doubles->all, own->doubles->n, sizeof(struct held),
	    by_key);
	if (copy_latest(run, own, anew, err) == -1) {
		tree_stream_free(anew);
		return -1;
	}
	whole->changed = own->changed;
	return run_replace_stream(run, own, anew, whole, err);
}
