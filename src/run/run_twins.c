/*
 * Records of one reply that have the same key and other bytes.
 *
 * Nothing changed between them, so there are several records of that key.
 * From then on, records of the key are told apart by their bytes, and each of
 * them is kept.  So are those of other keys of the list, when it is read once
 * more: see run_duplicate.c.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

struct entry {
	struct set_hash key;
	size_t i;		/* which record of the page it is */
	bool is_held;		/* it waits in run_duplicate.c */
};

/* The records of a page, by their keys. */
struct run_twins {
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

static struct run_twins *
new_twins(const struct page *page)
{
	struct run_twins *twins = mem_zero(1, sizeof(*twins));
	struct page_record record;
	struct text key;
	size_t i;

	text_init(&key, SIZE_MAX / 4);
	twins->all = mem_alloc((page->n + 1) * sizeof(*twins->all));
	for (i = 0; i < page->n; i++) {
		record = page_record(page, i);
		if (page_key(&record, NULL, &key))
			twins->all[twins->n++] = (struct entry){
			    set_hash_of(key.data, key.len), i, false };
	}
	text_release(&key);
	qsort(twins->all, twins->n, sizeof(*twins->all), by_key);
	return twins;
}

void
run_twins_free(struct run_twins *twins)
{
	if (twins == NULL)
		return;
	free(twins->all);
	free(twins);
}

/* The first record of the page with the key; there is one. */
static struct entry *
find_first(const struct run_twins *twins, struct set_hash key)
{
	size_t low = 0, high = twins->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(&twins->all[middle].key, &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return &twins->all[low];
}

void
run_twins_tell(struct run *run, const struct run_listing *own,
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
run_twins_key(struct run *run, const struct run_listing *own,
    struct span bytes)
{
	if (own->shared == NULL || !set_has(own->shared, run->scratch.data,
	    run->scratch.len))
		return false;
	run_twins_tell(run, own, bytes);
	return true;
}

bool
run_twins_is_other(struct run *run, struct run_listing *own,
    struct span bytes)
{
	size_t len = run->scratch.len;
	bool is_other;

	if (own->crawl->resource->paging != SOURCE_INTERVALS)
		return false;
	if (own->exact == NULL)
		own->exact = set_new();
	run_twins_tell(run, own, bytes);
	is_other = set_add(own->exact, run->scratch.data, run->scratch.len);
	run->scratch.len = len;
	return is_other;
}

void
run_twins_share(struct run *run, struct run_listing *own)
{
	if (own->shared == NULL)
		own->shared = set_new();
	set_add(own->shared, run->scratch.data, run->scratch.len);
}

/* Note the record whose key, with what tells it apart, is in run->scratch. */
static enum run_seen
note(struct run *run, struct run_listing *own)
{
	bool is_new = set_add(own->seen, run->scratch.data, run->scratch.len);
	bool in_pass = own->pass_seen == own->seen ? is_new :
	    set_add(own->pass_seen, run->scratch.data, run->scratch.len);

	return is_new ? RUN_NEW : in_pass ? RUN_REPEAT : RUN_DUPLICATE;
}

/* Has an earlier record of the page the same key, and other bytes? */
static bool
has_twin(struct run *run, struct run_task *task, size_t i)
{
	struct run_listing *own = task->job.listing->user;
	struct span bytes = task->page.records[i], other;
	size_t len = run->scratch.len;
	struct entry *first;

	if (task->twins == NULL)
		task->twins = new_twins(&task->page);
	first = find_first(task->twins, set_hash_of(run->scratch.data, len));
	other = task->page.records[first->i];
	if (first->i == i)
		first->is_held = true;
	if (bytes.len == other.len && memcmp(bytes.data, other.data,
	    bytes.len) == 0)
		return false;
	run_twins_share(run, own);
	/* An earlier page had one, and its bytes are not known here. */
	if (first->is_held && run->tree != NULL) {
		if (own->unclear == NULL)
			own->unclear = set_new();
		set_add(own->unclear, run->scratch.data, len);
	}
	if (!first->is_held) {
		run_twins_tell(run, own, other);
		(void)note(run, own);
		run->scratch.len = len;
	}
	return true;
}

/* Add a key to ${print}, of all keys in their order (FNV-1a). */
static void
add_print(const struct text *key, uint64_t *print)
{
	size_t i;

	for (i = 0; i < key->len; i++)
		*print = (*print ^ (unsigned char)key->data[i]) *
		    1099511628211u;
	*print = (*print ^ 0x100) * 1099511628211u;
}

/* Note in which order records come, and where the new ones stand. */
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
	own->is_twin = *named && (run_twins_key(run, own, record.bytes) ||
	    (seen == RUN_DUPLICATE && has_twin(run, task, i) &&
	    run_twins_key(run, own, record.bytes)));
	if (!own->is_twin)
		return seen;
	/* It may be the one that came before its key was known as shared:
	 * the end of this reading tells. */
	if (own->unclear != NULL && set_has(own->unclear, run->scratch.data,
	    len) && !set_has(own->seen, run->scratch.data, run->scratch.len)) {
		own->is_twin = false;
		run->scratch.len = len;
		return RUN_DUPLICATE;
	}
	return note(run, own);
}

void
run_twins_see(struct run *run, struct run_listing *own, struct span bytes,
    bool in_pass)
{
	size_t len = run->scratch.len;

	run_twins_tell(run, own, bytes);
	set_add(own->seen, run->scratch.data, run->scratch.len);
	if (in_pass)
		set_add(own->pass_seen, run->scratch.data, run->scratch.len);
	run->scratch.len = len;
}

void
run_twins_known(struct run *run, struct run_listing *own,
    const struct page_record *record)
{
	if (page_key(record, NULL, &run->scratch) &&
	    run_twins_key(run, own, record->bytes))
		(void)note(run, own);
}
