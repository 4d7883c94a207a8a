/*
 * A manifest for an export that has none.  The audit builds it; it is written,
 * with SHA256SUMS, when the audit is over.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adopt/adopt_internal.h"

struct adopt {
	struct audit_verify *verify;	/* borrowed */
	struct tree *tree;	/* the export, locked */
	struct manifest *manifest;
};

/* The time in the name of the directory; else the current time. */
static void
started_of(const char *path, char started[32])
{
	const char *name = strrchr(path, '/');
	int64_t wall = clock_wall();
	char date[32];

	name = name != NULL ? name + 1 : path;
	if (strlen(name) >= 15 && strspn(name, "0123456789") == 8 &&
	    name[8] == '-' && strspn(&name[9], "0123456789") >= 6) {
		snprintf(date, sizeof(date), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ",
		    name, &name[4], &name[6], &name[9], &name[11],
		    &name[13]);
		(void)clock_parse(date, &wall);
	}
	clock_rfc3339(wall, started);
}

struct adopt *
adopt_begin(struct audit_verify *verify, const char *where,
    const struct source *source, const char *tool, const char *server,
    struct err *err)
{
	struct adopt *adopt;
	struct audit_progress now;
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX], started[32];
	json_t *header;

	audit_verify_progress(verify, &now);
	if (now.is_native) {
		err_set(err, ERR_USAGE, "%s already has a manifest", where);
		return NULL;
	}
	adopt = mem_zero(1, sizeof(*adopt));
	adopt->verify = verify;
	adopt->tree = tree_open(where, err);
	if (adopt->tree == NULL || adopt_sweep(adopt->tree, err) == -1) {
		adopt_free(adopt);
		return NULL;
	}
	sha256_of(source->text.data, source->text.len, hash);
	sha256_hex(hash, hex);
	started_of(tree_where(adopt->tree), started);
	header = json_pack("{s:s, s:b, s:s, s:s, s:s, s:o, s:s}", "tool",
	    tool, "adopted", 1, "source", source->name, "source_sha256", hex,
	    "server", server, "options", audit_options(verify), "started",
	    started);
	adopt->manifest = manifest_new(adopt->tree, header);
	json_decref(header);
	audit_build(verify, adopt->manifest);
	return adopt;
}

/*
 * Note in the header what happens to an existing SHA256SUMS: either it stays as
 * it is, or a copy is kept beside the export, so that undo can restore it.
 */
static int
note_sums(struct adopt *adopt, const struct text *text, bool *is_same,
    struct err *err)
{
	struct tree *tree = adopt->tree;
	json_t *header = manifest_header(adopt->manifest);
	bool is_there;

	*is_same = adopt_holds(tree_dir(tree), TREE_SUMS, text, &is_there);
	if (*is_same)
		json_object_set_new(header, ADOPT_HAD_SUMS, json_true());
	if (*is_same || !is_there)
		return 0;
	if (tree_copy_aside(tree, TREE_SUMS, err) == -1)
		return -1;
	json_object_set_new(header, ADOPT_SUMS_ASIDE,
	    json_string(tree_aside(tree)));
	return 0;
}

/*
 * The manifest comes first, as it records what SHA256SUMS was.  If the process
 * ends between the two, adopt_again() writes the rest.
 */
int
adopt_end(struct adopt *adopt, struct err *err)
{
	struct tree_receipts *hashed = audit_hashed(adopt->verify);
	struct text text;
	bool is_same = false;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	tree_receipts_sort(hashed);
	rc = adopt_sums(adopt->tree, hashed, &text, err);
	if (rc == 0)
		rc = note_sums(adopt, &text, &is_same, err);
	if (rc == 0)
		rc = manifest_save(adopt->manifest, err);
	if (rc == 0 && !is_same)
		rc = adopt_write_sums(adopt->tree, &text, err);
	if (rc == 0)
		audit_adopted(adopt->verify);
	text_release(&text);
	return rc;
}

const char *
adopt_aside(const struct adopt *adopt)
{
	return tree_aside(adopt->tree);
}

void
adopt_free(struct adopt *adopt)
{
	if (adopt == NULL)
		return;
	manifest_close(adopt->manifest);
	tree_close(adopt->tree);
	free(adopt);
}
