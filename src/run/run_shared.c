/*
 * Records that share a key: several records of one reply with the same key and
 * different bytes.
 *
 * Nothing changed between them, so they are different records.  From then on,
 * records with the key are distinguished by their bytes, and all are kept.  The
 * same holds for other keys of the list when it is read once more: see
 * run_duplicate.c.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

struct entry {
	struct set_hash key;
	size_t i;		/* position on the page */
	bool is_held;		/* held in run_duplicate.c */
};

/* The records of a page, sorted by key. */
struct run_page_keys {
	struct entry *all;
	size_t n;
};

static int
compare(const struct set_hash *one, const struct set_hash *other)
{
	if (one->a != other->a)
		return one->a < other->a ? -1 : 1;
	return one->b < other->b ? -1 : one->b > other->b;
}

static int
by_key(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	int rc = compare(&one->key, &other->key);

	return rc != 0 ? rc : one->i < other->i ? -1 : one->i > other->i;
}

static struct run_page_keys *
new_page_keys(const struct page *page)
{
	struct run_page_keys *page_keys = mem_zero(1, sizeof(*page_keys));
	struct page_record record;
	struct text key;
	size_t i;

	text_init(&key, SIZE_MAX / 4);
	page_keys->all = mem_alloc((page->n + 1) * sizeof(*page_keys->all));
	for (i = 0; i < page->n; i++) {
		record = page_record(page, i);
		if (page_key(&record, NULL, &key))
			page_keys->all[page_keys->n++] = (struct entry){
			    set_hash_of(key.data, key.len), i, false };
	}
	text_release(&key);
	qsort(page_keys->all, page_keys->n, sizeof(*page_keys->all), by_key);
	return page_keys;
}

void
run_page_keys_free(struct run_page_keys *page_keys)
{
	if (page_keys == NULL)
		return;
	free(page_keys->all);
	free(page_keys);
}

/* The first record of the page with the key, which must exist. */
static struct entry *
find_first(const struct run_page_keys *page_keys, struct set_hash key)
{
	size_t low = 0, high = page_keys->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(&page_keys->all[middle].key, &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return &page_keys->all[low];
}

void
run_shared_extend(struct run *run, const struct run_listing *own,
    struct span bytes)
{
	unsigned char hash[SHA256_BYTES];
	struct text line;

	text_init(&line, SIZE_MAX / 4);
	if (own->dir != NULL)
		page_line(bytes, &line);
	else
		text_add(&line, bytes.data, bytes.len);
	sha256_of(line.data, line.len, hash);
	text_release(&line);
	text_addc(&run->scratch, '\0');
	text_add(&run->scratch, hash, sizeof(hash));
}

bool
run_shared_key(struct run *run, const struct run_listing *own,
    struct span bytes)
{
	if (own->shared == NULL || !set_has(own->shared, run->scratch.data,
	    run->scratch.len))
		return false;
	run_shared_extend(run, own, bytes);
	return true;
}

bool
run_shared_is_other(struct run *run, struct run_listing *own,
    struct span bytes)
{
	size_t len = run->scratch.len;
	bool is_other;

	if (own->crawl->resource->paging != SOURCE_INTERVALS)
		return false;
	if (own->exact == NULL)
		own->exact = set_new();
	run_shared_extend(run, own, bytes);
	is_other = set_add(own->exact, run->scratch.data, run->scratch.len);
	run->scratch.len = len;
	return is_other;
}

void
run_shared_add(struct run *run, struct run_listing *own)
{
	if (own->shared == NULL)
		own->shared = set_new();
	set_add(own->shared, run->scratch.data, run->scratch.len);
}

/* Has an earlier record of the page the same key, but different bytes? */
static bool
shares_key(struct run *run, struct run_task *task, size_t i)
{
	struct run_listing *own = task->job.listing->user;
	struct span bytes = task->page.records[i], other;
	size_t len = run->scratch.len;
	struct entry *first;

	if (task->page_keys == NULL)
		task->page_keys = new_page_keys(&task->page);
	first = find_first(task->page_keys, set_hash_of(run->scratch.data,
	    len));
	other = task->page.records[first->i];
	if (first->i == i)
		first->is_held = true;
	if (bytes.len == other.len && memcmp(bytes.data, other.data,
	    bytes.len) == 0)
		return false;
	run_shared_add(run, own);
	/*
	 * An earlier page had a record with the key; its bytes are not known
	 * here.
	 */
	if (first->is_held && run_writes(run)) {
		if (own->unclear == NULL)
			own->unclear = set_new();
		set_add(own->unclear, run->scratch.data, len);
	}
	if (!first->is_held) {
		run_shared_extend(run, own, other);
		(void)run_note_key(run, own);
		run->scratch.len = len;
	}
	return true;
}

/* Add a key to ${print}, a hash of keys in order (FNV-1a). */
static void
add_print(const struct text *key, uint64_t *print)
{
	size_t i;

	for (i = 0; i < key->len; i++)
		*print = (*print ^ (unsigned char)key->data[i]) *
		    1099511628211u;
	*print = (*print ^ 0x100) * 1099511628211u;
}

/* Note the order of records, and the positions of new ones. */
static void
note_order(const struct run *run, struct run_listing *own,
    enum run_seen seen)
{
	switch (seen) {
	case RUN_NEW:
		add_print(&run->scratch, &own->print);
		own->maybe_inserted += own->has_known;
		break;
	case RUN_REPEAT:
		add_print(&run->scratch, &own->print);
		add_print(&run->scratch, &own->known_print);
		own->has_known = true;
		own->inserted += own->maybe_inserted;
		own->maybe_inserted = 0;
		break;
	case RUN_DUPLICATE:
		add_print(&run->scratch, &own->duplicates_print);
		break;
	}
}

enum run_seen
run_note_reply(struct run *run, struct run_task *task, size_t i, bool *named)
{
	struct run_listing *own = task->job.listing->user;
	struct page_record record = page_record(&task->page, i);
	enum run_seen seen = run_note(run, own, &record, named);
	size_t len = run->scratch.len;

	note_order(run, own, seen);
	own->is_shared = *named && (run_shared_key(run, own, record.bytes) ||
	    (seen == RUN_DUPLICATE && shares_key(run, task, i) &&
	    run_shared_key(run, own, record.bytes)));
	if (!own->is_shared)
		return seen;
	/*
	 * It may be the record that came before its key was known to be shared:
	 * the end of this reading tells.
	 */
	if (own->unclear != NULL && set_has(own->unclear, run->scratch.data,
	    len) && !set_has(own->seen, run->scratch.data, run->scratch.len)) {
		own->is_shared = false;
		run->scratch.len = len;
		return RUN_DUPLICATE;
	}
	return run_note_key(run, own);
}

void
run_shared_note(struct run *run, struct run_listing *own, struct span bytes,
    bool in_pass)
{
	size_t len = run->scratch.len;

	run_shared_extend(run, own, bytes);
	set_add(own->seen, run->scratch.data, run->scratch.len);
	if (in_pass)
		set_add(own->pass_seen, run->scratch.data, run->scratch.len);
	run->scratch.len = len;
}

void
run_shared_load(struct run *run, struct run_listing *own,
    const struct page_record *record)
{
	if (page_key(record, NULL, &run->scratch) &&
	    run_shared_key(run, own, record->bytes))
		(void)run_note_key(run, own);
}
