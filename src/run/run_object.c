/*
 * Records stored in a file each.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/*
 * A record without a key is named by its hash; among equal ones, run->scratch
 * has its number.
 */
static char *
name_of_bytes(const struct run *run, struct span bytes)
{
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX];
	const char *number = run->scratch.len > SHA256_BYTES ?
	    &run->scratch.data[SHA256_BYTES] : "";

	sha256_of(bytes.data, bytes.len, hash);
	sha256_hex(hash, hex);
	return mem_format("%.32s%s", hex, number);
}

/* Extend the key by a hash, for a second record with the same key. */
static void
make_other(char **parts, size_t n, struct span bytes)
{
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX], *other;

	if (n == 0 || parts[n - 1] == NULL)
		return;
	sha256_of(bytes.data, bytes.len, hash);
	sha256_hex(hash, hex);
	other = mem_format("%s~%.32s", parts[n - 1], hex);
	free(parts[n - 1]);
	parts[n - 1] = other;
}

/* As run_find_path(), with ${missing} set. */
static int
find_path(struct run *run, const struct crawl_listing *listing,
    const struct page_record *record, bool beside, const char **missing)
{
	const struct source_resource *resource = listing->resource;
	char **parts = page_parts(record);
	char *unnamed = name_of_bytes(run, record->bytes);
	struct crawl_resolver resolver = { .crawl = run->crawl,
	    .node = listing->parent, .parts = parts };
	struct source_lookup lookup = crawl_lookup(&resolver);
	int rc;

	if (beside)
		make_other(parts, resource->n_key, record->bytes);
	rc = tree_path(run->tree, &resource->file, &lookup, unnamed,
	    &run->path, missing);
	free(unnamed);
	page_free_texts(parts, resource->n_key);
	return rc;
}

int
run_find_path(struct run *run, const struct crawl_listing *listing,
    const struct page_record *record, bool beside)
{
	const char *missing;

	return find_path(run, listing, record, beside, &missing);
}

int
run_put(struct run *run, const struct crawl_listing *listing,
    const struct page_record *record, bool beside,
    struct tree_receipts *files, struct err *err)
{
	struct tree_receipt receipt;
	const char *missing;
	int rc;

	if (find_path(run, listing, record, beside, &missing) == -1)
		return err_set(err, ERR_DATA, "the record has no %s to name "
		    "its file", missing);
	rc = beside ? 0 : run_keep_object(run, listing, record->bytes,
	    &receipt, err);
	if (rc == -1)
		return -1;
	if (rc == 0 && tree_put(run->tree, run->path.data, record->bytes,
	    &receipt, err) == -1)
		return -1;
	tree_receipts_add(files, &receipt);
	return 0;
}

int
run_differs(struct run *run, const struct crawl_listing *listing,
    const struct page_record *record, struct err *err)
{
	const char *missing;
	struct text have;
	int rc = 0;

	if (find_path(run, listing, record, false, &missing) == -1)
		return 0;
	text_init(&have, SIZE_MAX / 4);
	if (tree_get(run->tree, run->path.data, &have, err) == -1)
		rc = errno == ENOENT ? 1 : -1;
	else if (have.len != record->bytes.len || memcmp(have.data,
	    record->bytes.data, have.len) != 0)
		rc = !run->adopted || !run_is_same_value((struct span){
		    have.data, have.len }, record->bytes);
	text_release(&have);
	return rc;
}

int
run_put_again(struct run *run, const struct crawl_listing *listing,
    const struct page_record *record, struct tree_receipts *files,
    struct err *err)
{
	struct tree_receipt receipt;
	const char *missing;

	if (find_path(run, listing, record, false, &missing) == -1)
		return 0;
	if (tree_put_again(run->tree, run->path.data, record->bytes, &receipt,
	    err) == -1)
		return -1;
	tree_receipts_add(files, &receipt);
	return 0;
}
