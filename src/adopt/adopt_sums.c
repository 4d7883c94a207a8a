/*
 * SHA256SUMS of an adopted export.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adopt/adopt_internal.h"

struct summing {
	struct tree *tree;
	const struct tree_receipts *hashed;	/* already hashed; or NULL */
	struct tree_receipts listed;	/* in the existing SHA256SUMS */
	struct tree_receipts files;
};

/* Hash a file that the audit did not read. */
static int
hash_file(const struct tree *tree, const char *path,
    unsigned char hash[SHA256_BYTES], struct err *err)
{
	int fd = file_open(tree_dir(tree), path, O_RDONLY, err);
	struct sha256 *sha256 = sha256_new();
	char chunk[65536];
	ssize_t n = -1;

	while (fd != -1 && (n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			err_errno(err, ERR_DISK, "read %s", path);
			break;
		}
		sha256_add(sha256, chunk, (size_t)n);
	}
	sha256_peek(sha256, hash);
	sha256_free(sha256);
	if (fd != -1)
		close(fd);
	return n == 0 ? 0 : -1;
}

static int
sum_file(void *cookie, const char *path, bool is_plain, struct err *err)
{
	struct summing *summing = cookie;
	const struct tree_receipt *read = NULL;
	struct tree_receipt file = { .path = (char *)path };

	if (!is_plain || audit_is_bookkeeping(path) || litter_is(path) ||
	    tree_receipts_find(&summing->listed, path) != NULL)
		return 0;
	if (summing->hashed != NULL)
		read = tree_receipts_find(summing->hashed, path);
	if (read != NULL)
		memcpy(file.sha256, read->sha256, SHA256_BYTES);
	else if (hash_file(summing->tree, path, file.sha256, err) == -1)
		return -1;
	tree_receipts_add(&summing->files, &file);
	return 0;
}

/*
 * Make SHA256SUMS of all files.  Lines of an existing one stay as they are:
 * damage shows by them.
 */
int
adopt_sums(struct tree *tree, const struct tree_receipts *hashed,
    struct text *text, struct err *err)
{
	struct summing summing = { .tree = tree, .hashed = hashed };
	const struct tree_receipt *file;
	struct text sums;
	size_t i;
	int rc;

	text_init(&sums, AUDIT_SUMS_MAX);
	if (file_read(tree_dir(tree), TREE_SUMS, &sums, NULL) == 0)
		(void)tree_sums_read((struct span){ sums.data != NULL ?
		    sums.data : "", sums.len }, &summing.listed);
	text_release(&sums);
	tree_receipts_sort(&summing.listed);
	rc = audit_each_file(tree, "", sum_file, &summing, err);
	for (i = 0; i < summing.listed.n && rc == 0; i++) {
		file = &summing.listed.items[i];
		if (!audit_is_bookkeeping(file->path) && !litter_is(file->path))
			tree_receipts_add(&summing.files, file);
	}
	if (rc == 0)
		tree_sums(&summing.files, text);
	tree_receipts_release(&summing.files);
	tree_receipts_release(&summing.listed);
	return rc;
}

/*
 * Does the file ${name} in ${dir} hold ${text}?  Set ${is_there} if it exists.
 */
bool
adopt_holds(int dir, const char *name, const struct text *text, bool *is_there)
{
	struct text have;
	bool is_same;

	text_init(&have, AUDIT_SUMS_MAX);
	*is_there = file_read(dir, name, &have, NULL) == 0;
	is_same = *is_there && text_equals(&have, text);
	text_release(&have);
	return is_same;
}

int
adopt_write_sums(const struct tree *tree, const struct text *text,
    struct err *err)
{
	return file_replace(tree_dir(tree), TREE_SUMS, text->data != NULL ?
	    text->data : "", text->len, err);
}
