/*
 * Drafts: a file that is kept only if it matches a receipt.
 */

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

#define GATHERED (256u << 10)	/* bytes that go into one write */

struct tree_draft {
	struct tree *tree;
	char *path, *above;
	const char *name;
	int fd;
	struct sha256 *hash;
	struct text text;	/* not written yet */
	uint64_t bytes, lines;
};

static void
free_draft(struct tree_draft *draft)
{
	if (draft->fd != -1)
		close(draft->fd);
	sha256_free(draft->hash);
	text_release(&draft->text);
	free(draft->path);
	free(draft->above);
	free(draft);
}

struct tree_draft *
tree_draft_new(struct tree *tree, const char *path, struct err *err)
{
	struct tree_draft *draft = mem_zero(1, sizeof(*draft));
	const char *slash = strrchr(path, '/');
	char temp[PATH_MAX];
	struct tree_folder *folder;

	draft->tree = tree;
	draft->path = mem_text(path);
	draft->above = mem_copy(path, slash != NULL ?
	    (size_t)(slash - path) : 0);
	draft->name = slash != NULL ? &draft->path[slash + 1 - path] :
	    draft->path;
	draft->fd = -1;
	draft->hash = sha256_new();
	text_init(&draft->text, SIZE_MAX / 4);
	if (tree_folder(tree, draft->above, &folder, err) == -1)
		goto err_free;
	if (file_temp_name(draft->name, temp) == -1) {
		err_errno(err, ERR_DISK, "create %s", path);
		goto err_free;
	}
	draft->fd = file_open(folder->fd, temp,
	    O_RDWR | O_CREAT | O_TRUNC, err);
	if (draft->fd != -1)
		return draft;
	err_wrap(err, "%s", path);
err_free:
	free_draft(draft);
	return NULL;
}

static int
write_out(struct tree_draft *draft, struct err *err)
{
	struct iovec part = { draft->text.data, draft->text.len };

	if (draft->text.len == 0)
		return 0;
	sha256_add(draft->hash, draft->text.data, draft->text.len);
	draft->bytes += draft->text.len;
	if (file_write(draft->fd, &part, 1, err) == -1)
		return err_wrap(err, "%s", draft->path);
	text_clear(&draft->text);
	return 0;
}

int
tree_draft_line(struct tree_draft *draft, struct span line, bool breaks,
    struct err *err)
{
	if (breaks)
		page_line(line, &draft->text);
	else
		text_add(&draft->text, line.data, line.len);
	text_addc(&draft->text, '\n');
	draft->lines++;
	return draft->text.len >= GATHERED ? write_out(draft, err) : 0;
}

uint64_t
tree_draft_lines(const struct tree_draft *draft)
{
	return draft->lines;
}

void
tree_draft_free(struct tree_draft *draft)
{
	char temp[PATH_MAX];
	struct tree_folder *folder;

	if (draft == NULL)
		return;
	if (file_temp_name(draft->name, temp) == 0 && tree_folder(
	    draft->tree, draft->above, &folder, NULL) == 0)
		unlinkat(folder->fd, temp, 0);
	free_draft(draft);
}

int
tree_draft_end(struct tree_draft *draft, const struct tree_receipt *wanted,
    struct err *err)
{
	struct tree *tree = draft->tree;
	struct tree_file file = { .fd = draft->fd };
	unsigned char hash[SHA256_BYTES];

	if (write_out(draft, err) == -1) {
		tree_draft_free(draft);
		return -1;
	}
	sha256_peek(draft->hash, hash);
	if (memcmp(hash, wanted->sha256, sizeof(hash)) != 0) {
		tree_draft_free(draft);
		return 0;
	}
	if (tree_folder(tree, draft->above, &file.folder, err) == -1) {
		tree_draft_free(draft);
		return -1;
	}
	file.is_apart = file.folder->is_apart;
	file.path = mem_text(draft->path);
	set_add(tree->taken, file.path, strlen(file.path));
	tree_wrote(tree, &file, draft->bytes);
	draft->fd = -1;
	free_draft(draft);
	return 1;
}
