/*
 * Records on disk that no line of the manifest lists as complete: those of
 * another tool's export, and of an export whose manifest is damaged.  They are
 * read again from the server; but a readable record on disk stays as it is,
 * even if the server's has changed.
 *
 * SHA256SUMS, if it lists a file, tells whether the file has its original
 * bytes.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run_internal.h"

#define SUMS_MAX (UINT64_C(1) << 32)

/* The place of a record on disk. */
struct place {
	unsigned char key[SHA256_BYTES];
	size_t file;
	uint64_t offset;
	size_t len;
};

struct run_kept {
	struct tree_receipts files;
	bool *is_suspect;	/* by file: its bytes are not the original
				 * ones */
	size_t n_proven;	/* files with their original bytes */
	struct place *places;	/* by key */
	size_t n, capacity;
	int fd;			/* of the file ${open}, or -1 */
	size_t open;
	struct text chunk, line;
};

/* ---------------------------------------------------------------- sums */

/* Read SHA256SUMS, once. */
static void
read_sums(struct run *run)
{
	struct text text;

	if (run->has_sums)
		return;
	run->has_sums = true;
	text_init(&text, SUMS_MAX);
	if (file_read(tree_dir(run->tree), TREE_SUMS, &text, NULL) == 0)
		(void)tree_sums_read((struct span){ text.data, text.len },
		    &run->sums);
	text_release(&text);
}

enum proof { UNKNOWN, PROVEN, SUSPECT };

/* Does SHA256SUMS list the file with this hash? */
static enum proof
proof_of(struct run *run, const char *path,
    const unsigned char hash[SHA256_BYTES])
{
	const struct tree_receipt *sum;

	read_sums(run);
	sum = tree_receipts_find(&run->sums, path);
	if (sum == NULL)
		return UNKNOWN;
	return memcmp(sum->sha256, hash, SHA256_BYTES) == 0 ? PROVEN :
	    SUSPECT;
}

/* Is SHA256SUMS the only proof of what was written? */
static bool
trusts_sums(const struct run *run)
{
	return run->is_salvaged || run->adopted;
}

bool
run_sums_prove(struct run *run, const char *dir,
    const struct tree_receipts *shards)
{
	char *beyond = mem_format("%s/%zu.jsonl", dir, shards->n + 1);
	bool is = run->is_salvaged && shards->n > 0 && proof_of(run, beyond,
	    shards->items[0].sha256) == UNKNOWN;
	size_t i;

	for (i = 0; is && i < shards->n; i++)
		is = proof_of(run, shards->items[i].path,
		    shards->items[i].sha256) == PROVEN;
	free(beyond);
	return is;
}

/* -------------------------------------------------------------- streams */

/* Note the place of the last record read. */
static void
add_place(struct run *run, struct run_kept *kept, size_t file,
    const struct tree_records *records, const struct page_record *record)
{
	struct place *place;

	kept->places = mem_need(kept->places, kept->n + 1, &kept->capacity,
	    sizeof(*kept->places));
	place = &kept->places[kept->n++];
	sha256_of(run->scratch.data, run->scratch.len, place->key);
	place->file = file;
	place->offset = tree_records_place(records, record);
	place->len = record->bytes.len;
}

/* Note the key of a record on disk, and link its children. */
static void
take_record(struct run *run, struct run_listing *own, size_t file,
    const struct tree_records *records)
{
	struct page_record record = tree_records_record(records);
	bool named, is_new = run_note(run, own, &record, &named) == RUN_NEW;

	if (!is_new && named) {
		if (own->repeated == NULL)
			own->repeated = set_new();
		set_add(own->repeated, run->scratch.data, run->scratch.len);
	}
	if (!is_new)
		return;
	own->records++;
	if (!named)
		return;
	add_place(run, own->kept, file, records, &record);
	run_link(run, own->crawl, &record);
}

/* Read one shard as far as possible. */
static int
read_shard(struct run *run, struct run_listing *own, size_t file,
    struct err *err)
{
	struct tree_receipt *shard = &own->kept->files.items[file];
	struct tree_records *records;
	struct page_item item;
	enum proof proof;
	struct err why;
	int fd = tree_open_file(run->tree, shard->path, err), rc;

	if (fd == -1)
		return -1;
	records = tree_records_new(fd, shard->path,
	    run->plans[own->crawl->resource->index], true, UINT64_MAX, true);
	while ((rc = tree_records_next(records, &item, &why, err)) == 1) {
		own->has_damage |= item.kind == PAGE_DAMAGED;
		if (item.kind == PAGE_RECORD)
			take_record(run, own, file, records);
	}
	if (rc == 0)
		rc = tree_records_hash(records, shard->sha256, err);
	shard->lines = tree_records_line(records);
	shard->bytes = tree_records_bytes(records);
	if (rc == 0 && trusts_sums(run)) {
		proof = proof_of(run, shard->path, shard->sha256);
		own->kept->is_suspect[file] = proof == SUSPECT;
		own->kept->n_proven += proof == PROVEN;
	}
	tree_records_free(records);
	return rc;
}

static int
by_key(const void *a, const void *b)
{
	return memcmp(((const struct place *)a)->key,
	    ((const struct place *)b)->key, SHA256_BYTES);
}

int
run_kept_read(struct run *run, struct run_listing *own, struct err *err)
{
	struct run_kept *kept = mem_zero(1, sizeof(*kept));
	size_t i;

	own->kept = kept;
	kept->fd = -1;
	text_init(&kept->chunk, SIZE_MAX / 4);
	text_init(&kept->line, SIZE_MAX / 4);
	if (tree_stream_files(run->tree, own->dir, &kept->files, err) == -1)
		return -1;
	kept->is_suspect = mem_zero(kept->files.n + 1, sizeof(bool));
	for (i = 0; i < kept->files.n; i++)
		if (read_shard(run, own, i, err) == -1)
			return -1;
	if (kept->n > 1)
		qsort(kept->places, kept->n, sizeof(*kept->places), by_key);
	return 0;
}

const struct tree_receipts *
run_kept_proven(struct run *run, const struct run_listing *own)
{
	const struct run_kept *kept = own->kept;

	return kept != NULL && kept->n_proven == kept->files.n &&
	    run_sums_prove(run, own->dir, &kept->files) ? &kept->files :
	    NULL;
}

static int
read_place(struct run *run, struct run_kept *kept, const struct place *place,
    struct err *err)
{
	const char *path = kept->files.items[place->file].path;
	size_t done = 0;
	ssize_t n;

	if (kept->fd != -1 && kept->open != place->file) {
		close(kept->fd);
		kept->fd = -1;
	}
	if (kept->fd == -1 &&
	    (kept->fd = tree_open_file(run->tree, path, err)) == -1)
		return -1;
	kept->open = place->file;
	kept->chunk.data = mem_need(kept->chunk.data, place->len + 1,
	    &kept->chunk.capacity, 1);
	while (done < place->len) {
		n = pread(kept->fd, &kept->chunk.data[done], place->len - done,
		    (off_t)(place->offset + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(err, ERR_DISK, "read %s", path);
		done += (size_t)n;
	}
	kept->chunk.len = done;
	text_clear(&kept->line);
	page_line((struct span){ kept->chunk.data, done }, &kept->line);
	return 0;
}

bool
run_is_same_value(struct span one, struct span other)
{
	json_t *a = one.len > 0 ? json_loadb(one.data, one.len,
	    JSON_DECODE_ANY, NULL) : NULL;
	json_t *b = other.len > 0 ? json_loadb(other.data, other.len,
	    JSON_DECODE_ANY, NULL) : NULL;
	bool is = a != NULL && b != NULL && json_equal(a, b);

	json_decref(a);
	json_decref(b);
	return is;
}

int
run_kept_line(struct run *run, struct run_listing *own, struct span record,
    struct span *line, struct err *err)
{
	struct run_kept *kept = own->kept;
	struct place wanted, *place;

	if (kept == NULL || kept->n == 0)
		return 0;
	sha256_of(run->scratch.data, run->scratch.len, wanted.key);
	place = bsearch(&wanted, kept->places, kept->n, sizeof(wanted),
	    by_key);
	if (place == NULL || kept->is_suspect[place->file])
		return 0;
	if (read_place(run, kept, place, err) == -1)
		return -1;
	text_clear(&kept->chunk);
	page_line(record, &kept->chunk);
	if (kept->line.len == kept->chunk.len && memcmp(kept->line.data,
	    kept->chunk.data, kept->line.len) == 0)
		return 0;
	*line = (struct span){ kept->line.data, kept->line.len };
	if (!run_is_same_value(*line, record))
		own->outdated++;
	return 1;
}

void
run_kept_free(struct run_kept *kept)
{
	if (kept == NULL)
		return;
	free(kept->places);
	tree_receipts_release(&kept->files);
	free(kept->is_suspect);
	if (kept->fd != -1)
		close(kept->fd);
	text_release(&kept->chunk);
	text_release(&kept->line);
	free(kept);
}

/* -------------------------------------------------------------- objects */

/* Is the file on disk a record with the same key? */
static bool
is_same_record(struct run *run, const struct crawl_listing *listing,
    const struct text *have)
{
	struct text key;
	struct page page;
	struct page_record record;
	bool is;

	if (have->len == 0)
		return false;
	text_init(&key, SIZE_MAX / 4);
	text_add(&key, run->scratch.data != NULL ? run->scratch.data : "",
	    run->scratch.len);
	page_init(&page);
	is = page_read_record(&page, run->plans[listing->resource->index],
	    have->data, have->len, NULL) == 0;
	if (is && listing->resource->is_list) {
		record = page_record(&page, 0);
		(void)page_key(&record, NULL, &run->scratch);
		is = run->scratch.len == key.len && memcmp(run->scratch.data,
		    key.data, key.len) == 0;
	}
	page_release(&page);
	text_clear(&run->scratch);
	text_add(&run->scratch, key.data, key.len);
	text_release(&key);
	return is;
}

/* Does the file on disk stay, rather than the record received? */
static bool
keeps_file(struct run *run, const struct crawl_listing *listing,
    const struct text *have, struct span bytes)
{
	unsigned char hash[SHA256_BYTES];

	sha256_of(bytes.data, bytes.len, hash);
	if (trusts_sums(run) && proof_of(run, run->path.data, hash) == PROVEN)
		return false;
	sha256_of(have->data, have->len, hash);
	if (trusts_sums(run) && proof_of(run, run->path.data, hash) == SUSPECT)
		return false;
	return is_same_record(run, listing, have);
}

int
run_keep_object(struct run *run, const struct crawl_listing *listing,
    struct span bytes, struct tree_receipt *receipt, struct err *err)
{
	struct run_listing *own = listing->user;
	struct text have;
	int rc = 0;

	if ((!run->adopted && !run->is_salvaged &&
	    !run_has_damage(run, listing->key)) ||
	    run->settings.trust == RUN_TRUST_SERVER)
		return 0;
	text_init(&have, SIZE_MAX / 4);
	if (tree_get(run->tree, run->path.data, &have, err) == -1) {
		rc = 0;	/* it is missing or unreadable */
	} else if (have.len == bytes.len &&
	    memcmp(have.data, bytes.data, have.len) == 0) {
		rc = 1;
	} else if (keeps_file(run, listing, &have, bytes)) {
		rc = 1;
		if (!run_is_same_value((struct span){ have.data, have.len },
		    bytes))
			own->outdated++;
	} else if (have.len > 0) {
		rc = run_set_aside(run, run->path.data, err);
	}
	if (rc == 1) {
		*receipt = (struct tree_receipt){ .path = run->path.data,
		    .bytes = have.len };
		sha256_of(have.data, have.len, receipt->sha256);
	}
	text_release(&have);
	return rc;
}

int
run_set_aside(struct run *run, const char *path, struct err *err)
{
	/* In a repair, only when it is merged. */
	if (!run->settings.repair)
		return tree_copy_aside(run->tree, path, err);
	tree_receipts_add(&run->aside, &(struct tree_receipt){
	    .path = (char *)path });
	return 0;
}
