/*
 * Damaged shards of a stream, rebuilt from the server's current list and from
 * the lines still on disk.
 *
 * Adjacent damaged shards are a group.  A record of the server's list belongs
 * to the group if it is in no intact shard and comes between the group's
 * neighbours.  These records, in the server's order, are merged with the
 * group's lines on disk, in theirs: a record that the server has lost keeps its
 * place on disk, and the other way round.
 *
 * A result counts only if the shard's SHA-256 matches.  Several variants are
 * tried: if both sides have a record and differ, the server's or the disk's; if
 * there are too many records, those at either end may be new, or a record only
 * on disk may be none, since damage can change its key.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run_align.h"

#define MAX_NEW 100000	/* records beyond the group's own */
#define NOWHERE SIZE_MAX

/* ---------------------------------------------------------- the beginning */

static void
make_groups(struct run_align *align)
{
	struct run_align_group *group = NULL;
	size_t i;

	align->groups = mem_zero(align->files->n + 1, sizeof(*group));
	for (i = 0; i < align->files->n; i++) {
		if (!align->damaged[i]) {
			group = NULL;
			continue;
		}
		if (group == NULL) {
			group = &align->groups[align->n_groups++];
			group->first = i;
			group->before = set_new();
			group->after = set_new();
			group->seen = set_new();
		}
		group->end = i + 1;
		group->lines += align->files->items[i].lines;
	}
	align->next = align->n_groups > 0 && align->groups[0].first == 0 ? 0 :
	    NOWHERE;
}

struct run_align *
run_align_new(struct run *run, struct run_listing *own,
    const struct tree_receipts *files, const bool *damaged, bool by_bytes)
{
	struct run_align *align = mem_zero(1, sizeof(*align));

	align->tree = run->tree;
	align->own = own;
	align->by_bytes = by_bytes;
	align->plan = run->plans[own->crawl->resource->index];
	align->files = files;
	align->damaged = damaged;
	align->spool = -1;
	align->tally = set_new();
	text_init(&align->line, SIZE_MAX / 4);
	make_groups(align);
	return align;
}

void
run_align_free(struct run_align *align)
{
	size_t i;

	if (align == NULL)
		return;
	for (i = 0; i < align->n_groups; i++) {
		set_free(align->groups[i].before);
		set_free(align->groups[i].after);
		set_free(align->groups[i].seen);
		free(align->groups[i].items);
	}
	free(align->groups);
	set_free(align->known);
	set_free(align->tally);
	if (align->spool != -1)
		close(align->spool);
	text_release(&align->line);
	free(align->taken);
	free(align);
}

/* Hash the key of a record.  Return whether it is in an intact shard. */
static bool
hash_key(struct run *run, const struct run_align *align,
    const struct page_record *record, unsigned char hash[SHA256_BYTES])
{
	if (page_key(record, NULL, &run->scratch) && align->by_bytes)
		run_shared_extend(run, align->own, record->bytes);
	sha256_of(run->scratch.data, run->scratch.len, hash);
	return set_has(align->known, hash, SHA256_BYTES);
}

/* Note the keys of an intact shard, and whose neighbour it is. */
static int
note_shard(struct run *run, struct run_align *align, size_t shard,
    struct err *err)
{
	const char *path = align->files->items[shard].path;
	int fd = tree_open_file(align->tree, path, err), rc;
	struct tree_records *records;
	unsigned char hash[SHA256_BYTES];
	struct page_record record;
	struct page_item item;
	struct err why;
	size_t i;

	if (fd == -1)
		return -1;
	records = tree_records_new(fd, path, align->plan, true,
	    align->files->items[shard].bytes, false);
	while ((rc = tree_records_next(records, &item, &why, err)) == 1) {
		if (item.kind != PAGE_RECORD)
			continue;
		record = tree_records_record(records);
		(void)hash_key(run, align, &record, hash);
		set_add(align->known, hash, sizeof(hash));
		for (i = 0; i < align->n_groups; i++) {
			if (align->groups[i].first == shard + 1)
				set_add(align->groups[i].before, hash,
				    sizeof(hash));
			if (align->groups[i].end == shard)
				set_add(align->groups[i].after, hash,
				    sizeof(hash));
		}
	}
	tree_records_free(records);
	return rc;
}

static int
begin(struct run *run, struct run_align *align, struct err *err)
{
	size_t i;

	align->known = set_new();
	for (i = 0; i < align->files->n; i++)
		if (!align->damaged[i] &&
		    note_shard(run, align, i, err) == -1)
			return -1;
	align->spool = file_open(tree_out(align->tree), SPOOL,
	    O_RDWR | O_CREAT | O_TRUNC, err);
	if (align->spool == -1)
		return -1;
	return file_remove(tree_out(align->tree), SPOOL, err);
}

/* ----------------------------------------------------- the server's list */

static int
spool(struct run_align *align, struct span line, struct run_align_chunk *chunk,
    struct err *err)
{
	struct iovec bytes = { (void *)line.data, line.len };

	*chunk = (struct run_align_chunk){ align->spooled, line.len, true };
	align->spooled += (off_t)line.len;
	return file_write(align->spool, &bytes, 1, err);
}

/*
 * After a record of an intact shard, find the group that follows.  A record
 * that was appended out of place tells nothing.
 */
static void
find_group(struct run_align *align, const unsigned char key[SHA256_BYTES])
{
	size_t i;

	for (i = 0; i < align->n_groups; i++) {
		if (set_has(align->groups[i].before, key, SHA256_BYTES)) {
			align->next = i;
			return;
		}
	}
	if (!align->by_bytes || (align->next != NOWHERE &&
	    set_has(align->groups[align->next].after, key, SHA256_BYTES)))
		align->next = NOWHERE;
}

static int
add_item(struct run_align *align, const unsigned char key[SHA256_BYTES],
    struct span record, bool breaks, struct err *err)
{
	struct run_align_group *group = &align->groups[align->next];
	struct run_align_item *item;

	if (!set_add(group->seen, key, SHA256_BYTES))
		return 0;
	if (group->n > group->lines + MAX_NEW) {
		group->is_over = true;
		return 0;
	}
	group->items = mem_need(group->items, group->n + 1,
	    &group->capacity, sizeof(*group->items));
	item = &group->items[group->n++];
	memset(item, 0, sizeof(*item));
	memcpy(item->key, key, SHA256_BYTES);
	if (breaks) {
		text_clear(&align->line);
		page_line(record, &align->line);
		record = (struct span){ align->line.data, align->line.len };
	}
	return spool(align, record, &item->server, err);
}

int
run_align_page(struct run *run, struct run_align *align,
    const struct run_task *task, struct err *err)
{
	unsigned char key[SHA256_BYTES];
	struct page_record record;
	size_t i;

	if (align->known == NULL && begin(run, align, err) == -1)
		return -1;
	for (i = 0; i < task->page.n; i++) {
		record = page_record(&task->page, i);
		if (hash_key(run, align, &record, key))
			find_group(align, key);
		else if (align->next != NOWHERE && add_item(align, key,
		    record.bytes, task->page.has_breaks, err) == -1)
			return -1;
	}
	return 0;
}

/* --------------------------------------------------------- the disk's lines */

/* Add the readable lines of a damaged shard to ${disk}. */
static int
read_shard(struct run *run, struct run_align *align, size_t shard,
    struct run_align_group *disk, struct err *err)
{
	const char *path = align->files->items[shard].path;
	int fd = file_open(tree_dir(align->tree), path, O_RDONLY, NULL);
	struct tree_records *records;
	struct page_record record;
	struct page_item item;
	struct run_align_item *one;
	struct err why;
	int rc = 0;

	if (fd == -1)
		return 0;
	records = tree_records_new(fd, path, align->plan, true, UINT64_MAX,
	    false);
	while (rc == 0 && tree_records_next(records, &item, &why, &why) == 1) {
		if (item.kind != PAGE_RECORD)
			continue;
		record = tree_records_record(records);
		disk->items = mem_need(disk->items, disk->n + 1,
		    &disk->capacity, sizeof(*disk->items));
		one = &disk->items[disk->n];
		memset(one, 0, sizeof(*one));
		if (hash_key(run, align, &record, one->key) ||
		    !set_add(disk->seen, one->key, SHA256_BYTES))
			continue;
		rc = spool(align, record.bytes, &one->disk, err);
		disk->n++;
	}
	tree_records_free(records);
	return rc;
}

/* --------------------------------------------------------------- the end */

static int
end_group(struct run *run, struct run_align *align,
    struct run_align_group *group, struct err *err)
{
	struct run_align_group disk = { .seen = set_new() };
	struct run_align_item *items = NULL;
	uint64_t before = 0;
	size_t i, n;
	int rc = 0;

	for (i = group->first; i < group->end && rc == 0; i++)
		rc = read_shard(run, align, i, &disk, err);
	if (rc == 0)
		items = run_align_merge(group, &disk, &n);
	for (i = group->first; i < group->end && rc == 0; i++) {
		if (align->damaged[i])
			rc = run_align_find(align, group, i, before, items, n,
			    err);
		before += align->files->items[i].lines;
	}
	set_free(disk.seen);
	free(disk.items);
	free(items);
	return rc;
}

int
run_align_end(struct run *run, struct run_align *align, struct err *err)
{
	size_t i;

	if (align->known == NULL && begin(run, align, err) == -1)
		return -1;
	for (i = 0; i < align->n_groups; i++)
		if (!align->groups[i].is_over &&
		    end_group(run, align, &align->groups[i], err) == -1)
			return -1;
	return 0;
}

bool
run_align_take(struct run_align *align, size_t *shard)
{
	if (align->n_taken == 0)
		return false;
	*shard = align->taken[--align->n_taken];
	return true;
}
