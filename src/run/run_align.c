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

#include "run/run_internal.h"

#define MAX_SHIFT 64	/* new records that may be left out */
#define MAX_DIFFER 8	/* records that may be from either side */
#define MAX_STRANGE 64	/* records on disk that may be damage */
#define MAX_NEW 100000	/* records beyond the group's own */
#define SPOOL ".hlexport-spool"

/* A line in the spool. */
struct chunk {
	off_t data;
	size_t len;
	bool is_there;
};

struct item {
	unsigned char key[SHA256_BYTES];
	struct chunk server, disk;
	bool is_used;		/* of the disk's: merged */
};

struct group {
	size_t first, end;	/* its shards */
	uint64_t lines;
	struct set *before, *after;	/* keys of its neighbours */
	struct set *seen;
	struct item *items;	/* the server's records */
	size_t n, capacity;
	bool is_over;		/* too many records */
};

struct run_align {
	struct tree *tree;
	struct run_listing *own;
	bool by_bytes;		/* keys are shared: compare bytes too */
	const struct page_plan *plan;
	const struct tree_receipts *files;
	const bool *damaged;
	struct group *groups;
	size_t n_groups;
	size_t next;		/* the group that the next records belong to */
	struct set *known;	/* keys in intact shards */
	int spool;
	off_t spooled;
	struct set *tally;	/* records without a key */
	size_t *taken, n_taken, taken_capacity;
	struct text line;
};

#define NOWHERE SIZE_MAX

/* ---------------------------------------------------------- the beginning */

static void
make_groups(struct run_align *align)
{
	struct group *group = NULL;
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
spool(struct run_align *align, struct span line, struct chunk *chunk,
    struct err *err)
{
	struct iovec bytes = { (void *)line.data, line.len };

	*chunk = (struct chunk){ align->spooled, line.len, true };
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
	struct group *group = &align->groups[align->next];
	struct item *item;

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
    struct group *disk, struct err *err)
{
	const char *path = align->files->items[shard].path;
	int fd = file_open(tree_dir(align->tree), path, O_RDONLY, NULL);
	struct tree_records *records;
	struct page_record record;
	struct page_item item;
	struct item *one;
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

/* --------------------------------------------------------------- merging */

/* Merge both lists, in the order of both. */
static struct item *
merge(const struct group *server, struct group *disk, size_t *n)
{
	struct item *all = mem_zero(server->n + disk->n + 1, sizeof(*all));
	size_t i, k, next = 0;

	*n = 0;
	for (i = 0; i < server->n; i++) {
		struct item *item = &server->items[i];

		/* Usually it is the next one. */
		for (k = next; k < disk->n && memcmp(disk->items[k].key,
		    item->key, SHA256_BYTES) != 0; k++)
			;
		if (k == disk->n && disk->items != NULL &&
		    set_has(disk->seen, item->key, SHA256_BYTES)) {
			for (k = 0; memcmp(disk->items[k].key, item->key,
			    SHA256_BYTES) != 0; k++)
				;
			item->disk = disk->items[k].disk;
			disk->items[k].is_used = true;
		} else if (k < disk->n) {
			item->disk = disk->items[k].disk;
			disk->items[k].is_used = true;
			/* Records only on disk come before it. */
			for (; next < k; next++)
				if (!disk->items[next].is_used &&
				    !set_has(server->seen,
				    disk->items[next].key, SHA256_BYTES))
					all[(*n)++] = disk->items[next];
			next = k + 1;
		}
		all[(*n)++] = *item;
	}
	for (; next < disk->n; next++)
		if (!disk->items[next].is_used && !set_has(server->seen,
		    disk->items[next].key, SHA256_BYTES))
			all[(*n)++] = disk->items[next];
	return all;
}

static int
read_chunk(struct run_align *align, const struct chunk *chunk,
    struct err *err)
{
	struct text *line = &align->line;
	size_t done = 0;
	ssize_t n;

	text_clear(line);
	line->data = mem_need(line->data, chunk->len + 1, &line->capacity, 1);
	while (done < chunk->len) {
		n = pread(align->spool, &line->data[done], chunk->len - done,
		    chunk->data + (off_t)done);
		if (n <= 0)
			return err_errno(err, ERR_DISK, "read " SPOOL);
		done += (size_t)n;
	}
	line->len = chunk->len;
	return 0;
}

static bool
is_same_chunk(struct run_align *align, const struct item *item,
    struct err *err)
{
	struct text server;
	bool is;

	if (item->server.len != item->disk.len)
		return false;
	if (read_chunk(align, &item->server, err) == -1)
		return false;
	text_init(&server, SIZE_MAX / 4);
	text_add(&server, align->line.data, align->line.len);
	is = read_chunk(align, &item->disk, err) == 0 && memcmp(server.data,
	    align->line.data, server.len) == 0;
	text_release(&server);
	return is;
}

/*
 * Find the records that both sides have but differ in, at most MAX_DIFFER + 1.
 */
static size_t
find_differing(struct run_align *align, struct item *items, size_t n,
    size_t differ[MAX_DIFFER + 1], struct err *err)
{
	size_t i, found = 0;

	for (i = 0; i < n && found <= MAX_DIFFER; i++)
		if (items[i].server.is_there && items[i].disk.is_there &&
		    !is_same_chunk(align, &items[i], err))
			differ[found++] = i;
	return found;
}

/*
 * Write the items to a draft of the shard.  For those that differ, ${disk}
 * chooses the disk's version: one bit each, or ~0 for all.  Return 1 if the
 * draft matches; 0 if not; or -1.
 */
static int
try_once(struct run_align *align, size_t shard, const struct item *items,
    const size_t *differ, size_t n_differ, unsigned disk, struct err *err)
{
	const struct tree_receipt *wanted = &align->files->items[shard];
	struct tree_draft *draft = tree_draft_new(align->tree, wanted->path,
	    err);
	const struct chunk *chunk;
	size_t i, k = 0;
	bool from_disk;

	if (draft == NULL)
		return -1;
	for (i = 0; i < wanted->lines; i++) {
		from_disk = disk == ~0u;
		if (k < n_differ && differ[k] == i)
			from_disk = disk >> k++ & 1;
		chunk = items[i].disk.is_there && (from_disk ||
		    !items[i].server.is_there) ? &items[i].disk :
		    &items[i].server;
		if (read_chunk(align, chunk, err) == -1 ||
		    tree_draft_line(draft, (struct span){ align->line.data,
		    align->line.len }, false, err) == -1) {
			tree_draft_free(draft);
			return -1;
		}
	}
	return tree_draft_end(draft, wanted, err);
}

/* Try all variants of the items as the shard.  Return 1, 0, or -1. */
static int
try_items(struct run_align *align, size_t shard, struct item *items,
    struct err *err)
{
	size_t differ[MAX_DIFFER + 1] = { 0 }, n_differ;
	size_t n = (size_t)align->files->items[shard].lines;
	unsigned choice, choices;
	int rc;

	n_differ = find_differing(align, items, n, differ, err);
	if (n_differ > MAX_DIFFER) {
		rc = try_once(align, shard, items, NULL, 0, 0, err);
		return rc != 0 ? rc : try_once(align, shard, items, NULL, 0,
		    ~0u, err);
	}
	choices = 1u << n_differ;
	for (choice = 0, rc = 0; choice < choices && rc == 0; choice++)
		rc = try_once(align, shard, items, differ, n_differ, choice,
		    err);
	return rc;
}

static void
note_taken(struct run_align *align, size_t shard)
{
	align->taken = mem_need(align->taken, align->n_taken + 1,
	    &align->taken_capacity, sizeof(*align->taken));
	align->taken[align->n_taken++] = shard;
}

/*
 * Find a shard of the group among its ${n} items.  ${before} lines of the group
 * come before it.
 */
static int
find_shard(struct run_align *align, const struct group *group, size_t shard,
    uint64_t before, struct item *items, size_t n, struct err *err)
{
	uint64_t lines = align->files->items[shard].lines;
	uint64_t extra = n > group->lines ? n - group->lines : 0, shift;
	int rc = 0;

	for (shift = 0; shift <= extra && shift <= MAX_SHIFT && rc == 0;
	    shift++)
		if (before + shift + lines <= n)
			rc = try_items(align, shard, &items[before + shift],
			    err);
	/* Some are missing, before it or after it. */
	if (rc == 0 && n < group->lines && before + n >= group->lines &&
	    before + lines <= group->lines)
		rc = try_items(align, shard, &items[before + n -
		    group->lines], err);
	return rc;
}

/*
 * Find a shard in all items, in the server's, or in all but one of the disk's.
 */
static int
find_reading(struct run_align *align, const struct group *group, size_t shard,
    uint64_t before, struct item *items, size_t n, struct err *err)
{
	struct item *some = mem_zero(n + 1, sizeof(*some));
	size_t i, k, left, strange = 0;
	int rc = find_shard(align, group, shard, before, items, n, err);

	for (i = 0, left = 0; i < n; i++) {
		if (items[i].server.is_there)
			some[left++] = items[i];
		else
			strange++;
	}
	if (rc == 0 && strange > 0)
		rc = find_shard(align, group, shard, before, some, left,
		    err);
	for (k = 0; k < n && rc == 0 && strange > 1 &&
	    strange <= MAX_STRANGE && n > group->lines; k++) {
		if (items[k].server.is_there)
			continue;
		for (i = 0, left = 0; i < n; i++)
			if (i != k)
				some[left++] = items[i];
		rc = find_shard(align, group, shard, before, some, left,
		    err);
	}
	free(some);
	if (rc == 1)
		note_taken(align, shard);
	return rc == -1 ? -1 : 0;
}

static int
end_group(struct run *run, struct run_align *align, struct group *group,
    struct err *err)
{
	struct group disk = { .seen = set_new() };
	struct item *items = NULL;
	uint64_t before = 0;
	size_t i, n;
	int rc = 0;

	for (i = group->first; i < group->end && rc == 0; i++)
		rc = read_shard(run, align, i, &disk, err);
	if (rc == 0)
		items = merge(group, &disk, &n);
	for (i = group->first; i < group->end && rc == 0; i++) {
		if (align->damaged[i])
			rc = find_reading(align, group, i, before, items, n,
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
