/*
 * A manifest for an export that has none.
 *
 * The audit makes it.  A listing counts as complete if other records prove it
 * (their counts agree, or it came in one reply and its unit has a done marker).
 * For any other listing, the manifest has the files and a page of no records,
 * so that a resumed export reads it again from its start.
 */

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_internal.h"

/* In the header: what happened to an earlier SHA256SUMS. */
#define HAD_SUMS "had_sums"
#define SUMS_ASIDE "sums_aside"

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

/* The options that the legacy tool must have had, by the files it wrote. */
static json_t *
options_of(const struct audit_verify *verify)
{
	json_t *options = json_object();
	const struct source *source = verify->settings.source;
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		if (audit_has_files(verify, &source->resources[i]))
			audit_want(&source->resources[i], options);
	return options;
}

/*
 * Remove temporary files of an interrupted adoption.  All other files are the
 * user's, whatever their names.
 */
static int
sweep_own(const struct tree *tree, struct err *err)
{
	static const char *const names[] = { MANIFEST_NAME, MANIFEST_COPY,
	    TREE_SUMS, AUDIT_ACCEPTED };
	char temp[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (file_temp_name(names[i], temp) == 0 &&
		    file_remove(tree_dir(tree), temp, err) == -1 &&
		    errno != ENOENT)
			return -1;
	return 0;
}

int
audit_adopt_begin(struct audit_verify *verify, const char *tool,
    const char *server, struct err *err)
{
	const struct source *source = verify->settings.source;
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX], started[32];
	json_t *header;

	if (verify->progress.is_native)
		return err_set(err, ERR_USAGE, "%s already has a manifest",
		    verify->settings.path);
	verify->adopting = tree_open(verify->settings.path, err);
	if (verify->adopting == NULL ||
	    sweep_own(verify->adopting, err) == -1)
		return -1;
	sha256_of(source->text.data, source->text.len, hash);
	sha256_hex(hash, hex);
	started_of(tree_where(verify->adopting), started);
	header = json_pack("{s:s, s:b, s:s, s:s, s:s, s:o, s:s}", "tool",
	    tool, "adopted", 1, "source", source->name, "source_sha256", hex,
	    "server", server, "options", options_of(verify), "started",
	    started);
	verify->adopted = manifest_new(verify->adopting, header);
	json_decref(header);
	return 0;
}

/* Is the listing proven complete? */
static bool
is_proven(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;
	const char *name;
	int64_t reported;

	if (current->unread)
		return false;
	if (!resource->is_list || resource->derive != NULL)
		return current->files.n > 0;
	if (set_count(current->seen) != current->records)
		return false;
	reported = audit_expected(verify, &name);
	if (reported >= 0)
		return set_count(current->seen) == (uint64_t)reported;
	return resource->paging == SOURCE_UNPAGED &&
	    audit_is_done(verify, current->crawl->parent);
}

static void
say_gap(struct audit_verify *verify, uint64_t have, int64_t reported,
    const char *name)
{
	struct manifest_gap gap = { .listing = verify->current.crawl->key,
	    .first = -1, .count = -1, .record = -1, .total = -1,
	    .have = (int64_t)have, .expected = reported, .status = -1 };

	if (reported >= 0)
		gap.why = mem_format("the legacy export has %" PRIu64 " "
		    "distinct records; %s says %" PRId64, have, name, reported);
	else
		gap.why = mem_text("the legacy export of this listing is "
		    "damaged");
	manifest_say_gap(verify->adopted, &gap);
	free(gap.why);
}

void
audit_adopt_listing(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;
	struct manifest_listing whole = { .total = -1,
	    .records = current->items };
	struct manifest_page page = { .pass = 1, .total = -1,
	    .received = current->records, .distinct = set_count(current->seen),
	    .kept = current->records };
	struct tree_receipts files = { NULL, 0, 0 };
	const char *name = "";
	int64_t reported;
	size_t i;

	for (i = 0; i < current->files.n; i++)
		if (current->is_whole[i])
			tree_receipts_add(&files, &current->files.items[i]);
	if (is_proven(verify)) {
		manifest_say_end(verify->adopted, current->crawl->key, &whole,
		    json_incref(current->fields), &files, NULL);
	} else if (resource->is_list && resource->derive == NULL &&
	    audit_has_files(verify, resource)) {
		manifest_say_page(verify->adopted, current->crawl->key, &page,
		    &files);
		reported = audit_expected(verify, &name);
		if (current->unread || (reported >= 0 &&
		    set_count(current->seen) < (uint64_t)reported))
			say_gap(
			    verify, set_count(current->seen), reported, name);
	}
	tree_receipts_release(&files);
}

void
audit_adopt_not(struct audit_verify *verify,
    const struct source_resource *resource)
{
	const char *rest = strchr(verify->current.crawl->key, '/');
	char *key;

	if (verify->adopted == NULL)
		return;
	key = mem_format("%s%s", resource->name, rest != NULL ? rest : "");
	manifest_forget(verify->adopted, key);
	free(key);
}

/* ------------------------------------------------------------ the sums */

struct summing {
	struct tree *tree;
	const struct tree_receipts *hashed;	/* already hashed; or NULL */
	struct tree_receipts said;	/* in the existing SHA256SUMS */
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
	    tree_receipts_find(&summing->said, path) != NULL)
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
static int
sum_all(struct summing *summing, struct text *text, struct err *err)
{
	const struct tree_receipt *file;
	struct text sums;
	size_t i;
	int rc;

	text_init(&sums, AUDIT_SUMS_MAX);
	if (file_read(tree_dir(summing->tree), TREE_SUMS, &sums, NULL) == 0)
		(void)tree_sums_read((struct span){ sums.data != NULL ?
		    sums.data : "", sums.len }, &summing->said);
	text_release(&sums);
	tree_receipts_sort(&summing->said);
	rc = audit_each_file(summing->tree, "", sum_file, summing, err);
	for (i = 0; i < summing->said.n && rc == 0; i++) {
		file = &summing->said.items[i];
		if (!audit_is_bookkeeping(file->path) && !litter_is(file->path))
			tree_receipts_add(&summing->files, file);
	}
	if (rc == 0)
		tree_sums(&summing->files, text);
	tree_receipts_release(&summing->files);
	tree_receipts_release(&summing->said);
	return rc;
}

/*
 * Does the file ${name} in ${dir} hold ${text}?  Set ${is_there} if it exists.
 */
static bool
says(int dir, const char *name, const struct text *text, bool *is_there)
{
	struct text have;
	bool is_same;

	text_init(&have, AUDIT_SUMS_MAX);
	*is_there = file_read(dir, name, &have, NULL) == 0;
	is_same = *is_there && text_equals(&have, text);
	text_release(&have);
	return is_same;
}

static int
write_sums(const struct tree *tree, const struct text *text, struct err *err)
{
	return file_replace(tree_dir(tree), TREE_SUMS, text->data != NULL ?
	    text->data : "", text->len, err);
}

/*
 * Note in the header what happens to an existing SHA256SUMS: either it stays as
 * it is, or a copy is kept beside the export, so that undo can restore it.
 */
static int
note_sums(struct audit_verify *verify, const struct text *text,
    bool *is_same, struct err *err)
{
	struct tree *tree = verify->adopting;
	json_t *header = manifest_header(verify->adopted);
	bool is_there;

	*is_same = says(tree_dir(tree), TREE_SUMS, text, &is_there);
	if (*is_same)
		json_object_set_new(header, HAD_SUMS, json_true());
	if (*is_same || !is_there)
		return 0;
	if (tree_copy_aside(tree, TREE_SUMS, err) == -1)
		return -1;
	json_object_set_new(header, SUMS_ASIDE,
	    json_string(tree_aside(tree)));
	return 0;
}

/*
 * The manifest comes first, as it records what SHA256SUMS was.  If the process
 * ends between the two, audit_adopt_again() writes the rest.
 */
int
audit_adopt_end(struct audit_verify *verify, struct err *err)
{
	struct summing summing = { .tree = verify->tree,
	    .hashed = &verify->hashed };
	struct text text;
	bool is_same = false;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	tree_receipts_sort(&verify->hashed);
	rc = sum_all(&summing, &text, err);
	if (rc == 0)
		rc = note_sums(verify, &text, &is_same, err);
	if (rc == 0)
		rc = manifest_save(verify->adopted, err);
	if (rc == 0 && !is_same)
		rc = write_sums(verify->adopting, &text, err);
	/* The export has a manifest now. */
	verify->progress.is_native = rc == 0;
	text_release(&text);
	return rc;
}

const char *
audit_adopt_aside(const struct audit_verify *verify)
{
	return verify->adopting != NULL ? tree_aside(verify->adopting) : NULL;
}

/* ------------------------------------------------------ once more, undoing */

/* Was nothing fetched into the export since it was adopted? */
static bool
is_as_adopted(const struct manifest *manifest)
{
	struct manifest_listing listing = { .key = NULL };

	if (!manifest_is_partial(manifest))
		return false;
	while (manifest_each(manifest, listing.key, &listing))
		if (listing.size > 0 || listing.total >= 0 ||
		    listing.n_pages > 1 || (listing.n_pages == 1 &&
		    listing.pages[0].count > 0))
			return false;
	return true;
}

/* Is SHA256SUMS still the earlier one, although the manifest exists? */
static bool
lacks_sums(struct tree *tree, const json_t *header)
{
	const char *aside = json_string_value(json_object_get(header,
	    SUMS_ASIDE));
	struct text have;
	bool is_there, is_old, has_old;
	int from;

	if (json_is_true(json_object_get(header, HAD_SUMS)))
		return false;
	from = aside != NULL ? tree_open_aside(tree, aside) : -1;
	text_init(&have, AUDIT_SUMS_MAX);
	is_there = file_read(tree_dir(tree), TREE_SUMS, &have, NULL) == 0;
	is_old = is_there && from != -1 && says(from, TREE_SUMS, &have,
	    &has_old);
	text_release(&have);
	if (from != -1)
		close(from);
	return !is_there || is_old;
}

static int
go_on(struct tree *tree, struct manifest *manifest, bool *is_adopted,
    struct err *err)
{
	struct summing summing = { .tree = tree };
	struct text text;
	int rc;

	*is_adopted = json_is_true(json_object_get(manifest_header(manifest),
	    "adopted")) && is_as_adopted(manifest);
	if (!*is_adopted || !lacks_sums(tree, manifest_header(manifest)))
		return 0;
	text_init(&text, SIZE_MAX / 4);
	rc = sweep_own(tree, err);
	if (rc == 0)
		rc = sum_all(&summing, &text, err);
	if (rc == 0)
		rc = write_sums(tree, &text, err);
	text_release(&text);
	return rc;
}

int
audit_adopt_again(const char *path, bool *is_adopted, struct err *err)
{
	struct tree *tree;
	struct manifest *manifest;
	struct err damage;
	int rc = 0;

	*is_adopted = false;
	if (!manifest_is_there(path))
		return 0;
	if ((tree = tree_open(path, err)) == NULL)
		return -1;
	manifest = manifest_open(tree, NULL, &damage);
	if (manifest != NULL)
		rc = go_on(tree, manifest, is_adopted, err);
	else
		rc = err_set(err, ERR_DATA, "%s already has a manifest, which "
		    "is damaged (%s); run 'hlexport repair' or, if its server "
		    "is gone, 'hlexport verify --accept'", path, damage.text);
	manifest_close(manifest);
	tree_close(tree);
	return rc;
}

/* Remove the log if it is empty. */
static int
remove_log(struct tree *tree, struct err *err)
{
	struct stat st;

	if (fstatat(tree_dir(tree), TREE_LOG, &st, AT_SYMLINK_NOFOLLOW) ==
	    -1 || st.st_size > 0)
		return 0;
	return file_remove(tree_dir(tree), TREE_LOG, err);
}

/* Restore the earlier SHA256SUMS: none, the present one, or the copy. */
static int
undo_sums(struct tree *tree, json_t *header, struct err *err)
{
	const char *aside = json_string_value(json_object_get(header,
	    SUMS_ASIDE));
	int from, rc;

	if (json_is_true(json_object_get(header, HAD_SUMS)))
		return 0;
	if (aside == NULL)
		return file_remove(tree_dir(tree), TREE_SUMS, err) == 0 ||
		    errno == ENOENT ? 0 : -1;
	if ((from = tree_open_aside(tree, aside)) == -1)
		return errno == ENOENT ? 0 : err_set(err, ERR_DATA, "the "
		    "manifest says that the original " TREE_SUMS " is in %s, "
		    "which 'hlexport adopt' did not make for this directory; "
		    "if you renamed it, restore its name first", aside);
	rc = renameat(from, TREE_SUMS, tree_dir(tree), TREE_SUMS);
	if (rc == -1 && errno != ENOENT)
		err_errno(err, ERR_DISK, "restore " TREE_SUMS " from %s",
		    aside);
	else
		rc = 0;
	/* rename(2) does nothing if both names are links to one file. */
	if (rc == 0)
		(void)unlinkat(from, TREE_SUMS, 0);
	close(from);
	(void)rmdir(aside);
	return rc;
}

static int
undo(struct tree *tree, struct manifest *manifest, struct err *err)
{
	if (!is_as_adopted(manifest))
		return err_set(err, ERR_USAGE, "%s was not adopted, or data "
		    "was fetched into it since; its manifest records what was "
		    "fetched and is kept", tree_where(tree));
	/*
	 * In this order, an interrupted undo can be repeated.  Accepted
	 * findings go first: they need a manifest.
	 */
	if (file_remove(tree_dir(tree), AUDIT_ACCEPTED, err) == -1 &&
	    errno != ENOENT)
		return -1;
	if (undo_sums(tree, manifest_header(manifest), err) == -1 ||
	    file_remove(tree_dir(tree), MANIFEST_NAME, err) == -1)
		return -1;
	return remove_log(tree, err);
}

/*
 * There is no manifest.  An earlier undo may have left the log, and opening the
 * tree made one.
 */
static int
undo_nothing(struct tree *tree, const struct source *source, struct err *err)
{
	if (!audit_may_be_one(tree, source)) {
		(void)remove_log(tree, NULL);
		return audit_no_export(tree_where(tree), err);
	}
	return remove_log(tree, err);
}

int
audit_adopt_undo(const char *path, const struct source *source,
    bool *was_adopted, struct err *err)
{
	struct tree *tree;
	struct manifest *manifest = NULL;
	int rc = -1;

	*was_adopted = manifest_is_there(path);
	if ((tree = tree_open(path, err)) == NULL)
		return -1;
	if (!*was_adopted)
		rc = undo_nothing(tree, source, err);
	else if ((manifest = manifest_open(tree, NULL, err)) != NULL)
		rc = undo(tree, manifest, err);
	manifest_close(manifest);
	tree_close(tree);
	return rc;
}
