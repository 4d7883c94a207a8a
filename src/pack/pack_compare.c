/*
 * Bytes compared with a receipt as they come.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pack/pack_internal.h"

void
pack_check_begin(struct pack_check *check)
{
	if (check->hash == NULL)
		check->hash = sha256_new();
	sha256_restart(check->hash);
	check->bytes = check->lines = 0;
	check->is_in_line = false;
	sha256_peek(check->hash, check->prefix);
}

static uint64_t
count_lines(const char *data, size_t len)
{
	const char *end = data + len;
	uint64_t n = 0;

	while (data < end &&
	       (data = memchr(data, '\n', (size_t)(end - data))) != NULL) {
		n++;
		data++;
	}
	return n;
}

void
pack_check_add(struct pack_check *check,
    const struct tree_receipt *receipt, const char *data, size_t len)
{
	uint64_t max = receipt != NULL ? receipt->bytes : UINT64_MAX;
	uint64_t left = check->bytes < max ? max - check->bytes : 0;
	size_t n = left < len ? (size_t)left : len;

	sha256_add(check->hash, data, n);
	if (receipt != NULL && receipt->lines > 0)
		check->lines += count_lines(data, n);
	if (n > 0)
		check->is_in_line = data[n - 1] != '\n';
	if (n > 0 && n == left)
		sha256_peek(check->hash, check->prefix);
	sha256_add(check->hash, data + n, len - n);
	check->bytes += len;
}

int
pack_check_end(struct pack_check *check,
    const struct tree_receipt *receipt, bool growing, struct err *err)
{
	bool grows = growing && receipt->lines > 0;
	/* In a legacy export, the last line may lack a newline. */
	uint64_t lines = check->lines + check->is_in_line;

	if (check->bytes < receipt->bytes ||
	    (!grows && check->bytes > receipt->bytes))
		return err_set(err, ERR_DATA, "it has %" PRIu64 " bytes; the "
		    "manifest says %" PRIu64, check->bytes, receipt->bytes);
	if (receipt->lines > 0 && lines != receipt->lines &&
	    check->lines != receipt->lines)
		return err_set(err, ERR_DATA, "it has %" PRIu64 " lines; the "
		    "manifest says %" PRIu64, lines, receipt->lines);
	if (memcmp(check->prefix, receipt->sha256, SHA256_BYTES) != 0)
		return err_set(err, ERR_DATA, "its SHA-256 does not match the "
		    "manifest");
	return 0;
}

void
pack_check_release(struct pack_check *check)
{
	sha256_free(check->hash);
	check->hash = NULL;
}

static int
by_path(const void *path, const void *receipt)
{
	const struct tree_receipt *it = receipt;

	return strcmp(path, it->path);
}

struct tree_receipt *
pack_receipt(const struct tree_receipts *receipts, const char *path)
{
	if (receipts == NULL || receipts->n == 0)
		return NULL;
	return bsearch(path, receipts->items, receipts->n,
	    sizeof(*receipts->items), by_path);
}
