/*
 * Is an export complete and undamaged?
 */

#include <stdlib.h>
#include <string.h>

#include "audit/audit_prescan.h"

static const char *
option(void *cookie, const char *name)
{
	struct audit_verify *verify = cookie;

	return json_string_value(json_object_get(verify->options, name));
}

/*
 * A damaged manifest is a finding; what was recovered lists what should exist.
 * If that is no more than the header, it is dropped.
 */
static void
take_recovered(struct audit_verify *verify, enum manifest_state state,
    const char *why)
{
	static const char *const instead[] = {
		[MANIFEST_INTACT] = "",
		[MANIFEST_COPIED] = "its copy lists what should be here",
		[MANIFEST_MERGED] = "it and its copy together list what "
		    "should be here, and the seal proves it",
		[MANIFEST_SALVAGED] = "its lines that can still be read list "
		    "what should be here",
	};
	struct audit_finding finding = { .kind = AUDIT_DAMAGED,
	    .path = (char *)MANIFEST_NAME };
	struct manifest_listing listing;

	if (state == MANIFEST_INTACT)
		return;
	if (state == MANIFEST_SALVAGED &&
	    !manifest_each(verify->manifest, NULL, &listing)) {
		verify->progress.is_native = true;
		verify->lost_server = mem_text(json_string_value(
		    json_object_get(manifest_header(verify->manifest),
		    "server")));
		verify->progress.server = verify->lost_server;
		manifest_close(verify->manifest);
		verify->manifest = NULL;
		audit_find(verify, finding, "%s; only the files themselves and "
		    TREE_SUMS " show what should be here", why);
		return;
	}
	verify->from_copy = true;
	verify->is_salvaged = state == MANIFEST_SALVAGED;
	audit_find(verify, finding, "%s; %s", why, instead[state]);
}

static int
open_manifest(struct audit_verify *verify, struct err *err)
{
	enum manifest_state state;

	verify->manifest = manifest_recover(verify->tree,
	    verify->settings.log, &state, err);
	if (verify->manifest == NULL)
		return -1;
	take_recovered(verify, state, err->text);
	return 0;
}

/*
 * List the files that count, with the keys of their listings.  Those that the
 * walk does not reach are checked after it.
 */
static int
list_rest(struct audit_verify *verify, struct err *err)
{
	struct manifest_listing listing = { .key = NULL };
	size_t i, from;

	while (manifest_each(verify->manifest, listing.key, &listing)) {
		from = verify->rest.n;
		if (manifest_files(verify->manifest, listing.key,
		    &verify->rest, err) == -1)
			return -1;
		verify->rest_keys = mem_need(verify->rest_keys,
		    verify->rest.n, &verify->rest_keys_capacity,
		    sizeof(*verify->rest_keys));
		for (i = from; i < verify->rest.n; i++)
			verify->rest_keys[i] = listing.key;
	}
	from = verify->rest.n;
	if (manifest_done_markers(verify->manifest, &verify->rest, err) == -1)
		return -1;
	verify->rest_keys = mem_need(verify->rest_keys, verify->rest.n + 1,
	    &verify->rest_keys_capacity, sizeof(*verify->rest_keys));
	for (i = from; i < verify->rest.n; i++)
		verify->rest_keys[i] = NULL;
	return 0;
}

static int open_legacy(struct audit_verify *, struct err *);

/* Can the files in the manifest belong to its source? */
static void
check_fit(struct audit_verify *verify, struct manifest *manifest)
{
	struct err why;

	if (manifest_fits(manifest, verify->settings.source, &why) == -1)
		audit_say(verify, AUDIT_DAMAGED, MANIFEST_NAME,
		    why.text + strlen(MANIFEST_NAME ": "));
}

/*
 * The manifest of an adopted export does not list all files, so it is used only
 * for their SHA-256, and the audit goes by file names.
 */
static int
open_partial(struct audit_verify *verify, struct err *err)
{
	verify->partial = verify->manifest;
	verify->manifest = NULL;
	verify->progress.is_native = true;
	verify->progress.server = json_string_value(json_object_get(
	    manifest_header(verify->partial), "server"));
	if (manifest_all_files(verify->partial, &verify->rest, err) == -1)
		return -1;
	verify->has_sums = true;
	check_fit(verify, verify->partial);
	return 0;
}

static int
open_checked(struct audit_verify *verify, struct err *err)
{
	struct audit_finding finding = { .kind = AUDIT_MISSING };
	size_t i;

	verify->options = json_incref(json_object_get(manifest_header(
	    verify->manifest), "options"));
	verify->started = mem_text(json_string_value(json_object_get(
	    manifest_header(verify->manifest), "started")));
	verify->progress.is_native = true;
	verify->progress.server = json_string_value(json_object_get(
	    manifest_header(verify->manifest), "server"));
	verify->progress.sealed = manifest_sealed(verify->manifest) != NULL;
	verify->is_adopted = json_is_true(json_object_get(manifest_header(
	    verify->manifest), "adopted"));
	if (!verify->progress.sealed && !verify->is_salvaged)
		audit_find(verify, finding, "the export is not complete");
	check_fit(verify, verify->manifest);
	if (list_rest(verify, err) == -1)
		return -1;
	verify->progress.files_total = verify->rest.n;
	for (i = 0; i < verify->rest.n; i++)
		verify->progress.bytes_total += verify->rest.items[i].bytes;
	return 0;
}

/*
 * The options of the legacy tool are not known: it may have exported
 * everything.
 */
static int
open_legacy(struct audit_verify *verify, struct err *err)
{
	const struct source *source = verify->settings.source;
	size_t i;

	verify->options = json_object();
	for (i = 0; i < source->n_resources; i++)
		audit_want(&source->resources[i], verify->options);
	if (verify->members == NULL)
		audit_sums_read(verify);
	return audit_disk_begin(verify, err);
}

/* Set up the audit of an archive, whose files come later. */
static int
open_archive(struct audit_verify *verify, struct err *err)
{
	const struct audit_archive *archive = verify->settings.archive;

	verify->tree = archive->tree;
	verify->manifest = archive->manifest;
	if (verify->manifest != NULL)
		take_recovered(verify, archive->state, archive->why);
	if (verify->manifest != NULL && (manifest_is_partial(
	    verify->manifest) ? open_partial(verify, err) :
	    open_checked(verify, err)) == -1)
		return -1;
	if (verify->manifest == NULL && archive->sums != NULL)
		audit_sums_take(verify, archive->sums);
	else if (verify->partial != NULL && archive->sums == NULL)
		audit_say(verify, AUDIT_MISSING, TREE_SUMS, "it does not "
		    "exist");
	if (audit_members_begin(verify, archive, err) == -1)
		return -1;
	/* The caller owns it, and only for this call. */
	verify->settings.archive = NULL;
	return verify->manifest != NULL ? 0 : open_legacy(verify, err);
}

static int
open_directory(struct audit_verify *verify, struct err *err)
{
	verify->tree = tree_peek(verify->settings.path, err);
	if (verify->tree == NULL)
		return -1;
	if (manifest_is_there(verify->settings.path) &&
	    open_manifest(verify, err) == -1)
		return -1;
	if (verify->manifest == NULL)
		return open_legacy(verify, err);
	if (!manifest_is_partial(verify->manifest))
		return open_checked(verify, err);
	return open_partial(verify, err) == -1 ? -1 : open_legacy(verify, err);
}

struct audit_verify *
audit_verify_new(const struct audit_settings *settings, struct err *err)
{
	struct audit_verify *verify = mem_zero(1, sizeof(*verify));
	struct crawl_settings crawl = { .source = settings->source,
	    .option = option, .cookie = verify, .ahead = 1, .passes = 1 };

	verify->settings = *settings;
	verify->visited = set_new();
	verify->checked = set_new();
	verify->known = set_new();
	verify->plans = page_plans_new(settings->source);
	text_init(&verify->key, SIZE_MAX / 4);
	text_init(&verify->path, 1 << 20);
	if ((settings->archive != NULL ? open_archive(verify, err) :
	    open_directory(verify, err)) == -1)
		goto err_free;
	crawl.started = verify->started;
	verify->crawl = crawl_new(&crawl);
	return verify;

err_free:
	audit_verify_free(verify);
	return NULL;
}

/* Report listings of the manifest that the walk did not reach. */
static void
find_unvisited(struct audit_verify *verify)
{
	struct manifest_listing listing = { .key = NULL };
	struct audit_finding finding = { .kind = AUDIT_EXTRA };

	if (verify->manifest == NULL || verify->blind)
		return;
	while (manifest_each(verify->manifest, listing.key, &listing)) {
		if (set_has(verify->visited, listing.key,
		    strlen(listing.key)))
			continue;
		finding.listing = (char *)listing.key;
		audit_find(verify, finding, "it is in the manifest, but its "
		    "parent record does not exist");
	}
}

/* Check the files that the walk did not reach: done markers and orphans. */
static int
step_rest(struct audit_verify *verify, struct err *err)
{
	const struct tree_receipt *file;

	while (verify->next < verify->rest.n) {
		file = &verify->rest.items[verify->next];
		verify->rest_key = verify->rest_keys != NULL ?
		    verify->rest_keys[verify->next] : NULL;
		verify->next++;
		if (!set_has(verify->checked, file->path,
		    strlen(file->path)))
			return audit_read(verify, file, AUDIT_NO_RECORDS,
			    err) == -1 ? -1 : 1;
	}
	return 0;
}

int
audit_verify_step(struct audit_verify *verify, struct err *err)
{
	int rc;

	if (!verify->walked) {
		if ((rc = audit_walk(verify, err)) != 0)
			return rc;
		verify->walked = true;
		find_unvisited(verify);
	}
	if (verify->manifest == NULL &&
	    (rc = audit_strays(verify, err)) != 0)
		return rc;
	if (verify->members == NULL && (rc = step_rest(verify, err)) != 0)
		return rc;
	if (verify->is_over)
		return 0;
	verify->is_over = true;
	audit_tell_odds(verify);
	if (verify->members != NULL)
		audit_members_rest(verify);
	if (verify->manifest == NULL)
		audit_disk_end(verify);
	if (verify->partial != NULL)
		audit_find_refused(verify);
	if (audit_bookkeeping(verify, err) == -1)
		return -1;
	audit_accept_prescan(verify);
	return 1;
}

const struct audit_finding *
audit_findings(const struct audit_verify *verify, size_t *n)
{
	*n = verify->n_findings;
	return verify->findings;
}

bool
audit_is_whole(const struct audit_verify *verify)
{
	return verify->wrong == 0;
}

void
audit_verify_progress(const struct audit_verify *verify,
    struct audit_progress *progress)
{
	*progress = verify->progress;
}

void
audit_verify_free(struct audit_verify *verify)
{
	size_t i;

	if (verify == NULL)
		return;
	audit_pool_free(verify->pool);
	audit_listing_release(&verify->current);
	audit_ahead_free(verify);
	tree_receipts_release(&verify->rest);
	free(verify->rest_keys);
	audit_members_free(verify);
	crawl_free(verify->crawl);
	manifest_close(verify->manifest);
	manifest_close(verify->partial);
	tree_receipts_release(&verify->hashed);
	tree_close(verify->tree);
	set_free(verify->visited);
	set_free(verify->checked);
	set_free(verify->known);
	for (i = 0; i < verify->n_findings; i++) {
		free(verify->findings[i].path);
		free(verify->findings[i].listing);
		free(verify->findings[i].what);
	}
	free(verify->findings);
	free(verify->accept.text);
	free(verify->accepted);
	for (i = 0; i < AUDIT_ODDS; i++)
		free(verify->odds[i].path);
	audit_disk_free(verify);
	free(verify->started);
	free(verify->lost_server);
	json_decref(verify->options);
	page_plans_free(verify->plans, verify->settings.source);
	text_release(&verify->key);
	text_release(&verify->path);
	free(verify);
}
