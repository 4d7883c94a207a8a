/*
 * The bookkeeping files of an export, and files that don't belong to it.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_internal.h"

static int
check_known(void *cookie, const char *path, bool is_plain, struct err *err)
{
	struct audit_verify *verify = cookie;
	struct audit_finding finding = { .kind = AUDIT_EXTRA,
	    .path = (char *)path };

	(void)err;
	if (audit_is_bookkeeping(path) ||
	    set_has(verify->known, path, strlen(path)))
		return 0;
	/* SHA256SUMS of a legacy export may list unrelated files too. */
	if (set_has(verify->checked, path, strlen(path)) &&
	    (verify->manifest != NULL || audit_disk_knows(verify, path)))
		return 0;
	if (!is_plain)
		audit_find(verify, finding, "it is a link or a special file, "
		    "not a file of the export");
	else if (litter_is(path))
		audit_say(verify, AUDIT_NOTE, path, "it is not part of the "
		    "export: the system or an editor left it");
	else if (verify->manifest != NULL)
		audit_find(verify, finding, "it is not in the manifest");
	else
		audit_find(verify, finding, "it is not part of an export");
	return 0;
}

/* Does the file hold exactly ${text}? */
static void
check_text(struct audit_verify *verify, const char *path,
    const struct text *text, const char *what)
{
	struct audit_finding finding = { .kind = AUDIT_DAMAGED,
	    .path = (char *)path };
	struct text have;
	struct stat st;

	/* A sparse file may be larger than memory. */
	text_init(&have, text->len + 1);
	if (file_stat(tree_dir(verify->tree), path, &st) == 0 &&
	    S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size != text->len) {
		audit_find(verify, finding, "%s", what);
	} else if (file_read(tree_dir(verify->tree), path, &have,
	    NULL) == -1) {
		finding.kind = AUDIT_MISSING;
		audit_find(verify, finding, "it does not exist");
	} else if (!text_equals(&have, text)) {
		audit_find(verify, finding, "%s", what);
	}
	text_release(&have);
}

static int
check_sums(struct audit_verify *verify, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	struct text text;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	rc = manifest_all_files(verify->manifest, &files, err);
	if (rc == 0) {
		tree_sums(&files, &text);
		check_text(verify, TREE_SUMS, &text, "it does not match the "
		    "manifest");
	}
	tree_receipts_release(&files);
	text_release(&text);
	return rc;
}

/* Is the seal in the log that of the manifest? */
static bool
has_seal(struct audit_verify *verify, int fd)
{
	char *seal = manifest_line_text(verify->manifest, true);
	char *logged = manifest_last_logged(fd);
	bool has = seal != NULL && logged != NULL &&
	    strcmp(seal, logged) == 0;

	free(logged);
	free(seal);
	return has;
}

void
audit_log(struct audit_verify *verify, int fd)
{
	struct audit_finding finding = { .kind = AUDIT_DAMAGED,
	    .path = (char *)TREE_LOG };

	if (!log_digest_matches(fd))
		audit_find(verify, finding, "it was changed or truncated after "
		    "the last run, or that run was killed");
	else if (verify->manifest != NULL && !has_seal(verify, fd))
		audit_find(verify, finding, "its last seal does not match that "
		    "of " MANIFEST_NAME ": one of the two was replaced");
}

static void
check_log(struct audit_verify *verify)
{
	struct audit_finding finding = { .kind = AUDIT_MISSING,
	    .path = (char *)TREE_LOG };
	int fd = file_open(tree_dir(verify->tree), TREE_LOG, O_RDONLY, NULL);

	if (fd == -1) {
		audit_find(verify, finding, "it does not exist");
		return;
	}
	audit_log(verify, fd);
	close(fd);
}

static int
check_copy(struct audit_verify *verify, struct err *err)
{
	struct text text;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	rc = file_read(tree_dir(verify->tree), MANIFEST_NAME, &text, err);
	if (rc == 0)
		check_text(verify, MANIFEST_COPY, &text, "it is not a copy "
		    "of " MANIFEST_NAME);
	text_release(&text);
	return rc;
}

int
audit_bookkeeping(struct audit_verify *verify, struct err *err)
{
	if (verify->members != NULL)
		return audit_members_each(verify, check_known, verify, err);
	if (verify->manifest != NULL && verify->progress.sealed) {
		if (check_sums(verify, err) == -1)
			return -1;
		check_log(verify);
		/* A damaged manifest is a finding already. */
		if (!verify->from_copy && check_copy(verify, err) == -1)
			return -1;
	}
	return audit_each_file(verify->tree, "", check_known, verify, err);
}
