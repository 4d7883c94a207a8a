/*
 * A repair restores damaged and missing files, and changes nothing else.
 *
 * It writes to a layer over the export (tree_layer.c).  Only when everything is
 * fetched and checked is the layer merged, by rename; until then the export's
 * files are untouched.  If the layer can't be merged yet, it stays for the next
 * repair.
 *
 * If the server no longer has the bytes that were exported, the damage stays,
 * and a gap in the manifest names the file.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* A hash of the manifest that the layer is based on. */
static void
base_of(struct run *run, char base[SHA256_HEX])
{
	unsigned char hash[SHA256_BYTES];
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	(void)file_read(tree_dir(run->tree), MANIFEST_NAME, &text, NULL);
	sha256_of(text.data != NULL ? text.data : "", text.len, hash);
	sha256_hex(hash, base);
	text_release(&text);
}

int
run_repair_open(struct run *run, struct err *err)
{
	enum manifest_state state;
	char base[SHA256_HEX], *text;
	int rc;

	run->tree = tree_open(run->settings.resume, err);
	if (run->tree == NULL)
		return -1;
	base_of(run, base);
	text = mem_format("%s %d", base, (int)run->settings.trust);
	rc = tree_layer_begin(run->tree, text, err);
	free(text);
	if (rc == -1)
		return -1;
	run->manifest = manifest_recover(run->tree, run->settings.log,
	    &state, err);
	if (run->manifest == NULL || manifest_fits(run->manifest,
	    run->settings.source, err) == -1)
		return -1;
	run->is_salvaged = state == MANIFEST_SALVAGED;
	if (run->is_salvaged && run->settings.trust != RUN_TRUST_LINES)
		manifest_forget_all(run->manifest);
	run->is_narrow = manifest_sealed(run->manifest) != NULL;
	return 0;
}

static void
note_restored(struct run *run, const char *path)
{
	if (run->restored == NULL)
		run->restored = set_new();
	set_add(run->restored, path, strlen(path));
}

bool
run_repair_asks(const struct run *run)
{
	size_t i;

	if (!run->is_narrow)
		return true;
	for (i = 0; i < run->n_damage; i++)
		if (run->damage[i].listing != NULL)
			return true;
	return false;
}

int
run_restore_done(struct run *run, struct err *err)
{
	struct tree_receipts markers = { NULL, 0, 0 };
	struct tree_receipt receipt;
	size_t i;
	int rc = manifest_done_markers(run->manifest, &markers, err);

	for (i = 0; rc == 0 && i < markers.n; i++) {
		const char *path = markers.items[i].path;

		if (markers.items[i].bytes > 0 || !run_is_damaged(run, path))
			continue;
		rc = tree_put_again(run->tree, path, (struct span){ "", 0 },
		    &receipt, err);
		note_restored(run, path);
	}
	tree_receipts_release(&markers);
	return rc;
}

static bool
is_left(struct run *run, const struct run_damage *damage)
{
	return (run->restored == NULL || !set_has(run->restored, damage->path,
	    strlen(damage->path))) &&
	    !run_is_written_again(run, damage->path);
}

/* The files of the last listing looked up. */
struct places {
	const char *listing;	/* or NULL */
	struct tree_receipts files;
	size_t i;		/* where the next search begins */
	int64_t records;	/* in the files before ${i} */
};

/*
 * Find where the file begins in its listing, in records.  Damage comes in the
 * order of the files, so each is visited once.
 */
static int
find_place(struct run *run, struct places *places,
    const struct run_damage *damage, int64_t *place, struct err *err)
{
	const struct tree_receipts *files = &places->files;
	const struct tree_receipt *file;
	size_t steps;

	if (places->listing == NULL || strcmp(places->listing,
	    damage->listing) != 0) {
		tree_receipts_release(&places->files);
		*places = (struct places){ .listing = damage->listing };
		if (manifest_files(run->manifest, damage->listing,
		    &places->files, err) == -1)
			return -1;
	}
	for (steps = 0; steps <= files->n; steps++) {
		if (places->i == files->n) {
			places->i = 0;
			places->records = 0;
			continue;
		}
		file = &files->items[places->i];
		if (strcmp(file->path, damage->path) == 0)
			break;
		places->records += file->lines > 0 ? (int64_t)file->lines : 1;
		places->i++;
	}
	*place = places->records;
	return 0;
}

/*
 * Record that a file could not be restored because the server no longer has its
 * bytes.
 */
static int
record_loss(struct run *run, struct places *places,
    const struct run_damage *damage, struct err *err)
{
	struct manifest_gap gap = run_no_gap(damage->listing);

	gap.path = (char *)damage->path;
	gap.why = (char *)"damaged on disk, and the server no longer has the "
	    "bytes that were exported; what is readable is kept";
	if (find_place(run, places, damage, &gap.record, err) == -1)
		return -1;
	if (manifest_sealed(run->manifest) != NULL)
		run_log_header(run);
	manifest_unseal(run->manifest);
	run_gap(run, &gap);
	run->lost++;
	return 0;
}

static int
record_losses(struct run *run, struct err *err)
{
	struct places places = { .listing = NULL };
	struct manifest_listing known;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < run->n_damage; i++) {
		const struct run_damage *damage = &run->damage[i];

		if (damage->listing != NULL && is_left(run, damage) &&
		    !run_is_forgotten(run, damage->listing) &&
		    manifest_find(run->manifest, damage->listing, &known) &&
		    known.ended)
			rc = record_loss(run, &places, damage, err);
	}
	tree_receipts_release(&places.files);
	return rc;
}

/* Write SHA256SUMS and the manifest, unless they are up to date. */
static int
put_bookkeeping(struct run *run, struct err *err)
{
	if (manifest_sealed(run->manifest) == NULL)
		return run_seal(run, err);
	if (run_check_there(run, run->unfetched == 0, err) == -1)
		return -1;
	return run_put_sums(run, err) == -1 ? -1 :
	    manifest_restore(run->manifest, err);
}

/* Keep copies of the damaged files that are replaced. */
static int
set_aside(struct run *run, struct err *err)
{
	size_t i;

	for (i = 0; i < run->aside.n; i++)
		if (tree_copy_aside(run->tree, run->aside.items[i].path,
		    err) == -1)
			return -1;
	if (run->aside.n > 0)
		log_say(run->settings.log, LOG_WARN, "run", "%zu damaged "
		    "files are kept as they were in %s",
		    run->aside.n, tree_aside(run->tree));
	return 0;
}

/* Keep the layer, say where it is, and leave the export untouched. */
static void
leave(struct run *run)
{
	const char *layer = tree_layer_leave(run->tree);

	if (layer != NULL)
		log_say(run->settings.log, LOG_WARN, "run", "the files "
		    "fetched so far are kept in %s for the next repair", layer);
}

/*
 * The manifest lost lines and was rebuilt.  Does it match the original?  If
 * not, the next try trusts less.  After the last try, the server must have
 * changed: then there must be at least as many records and bytes.
 */
static bool
is_right(struct run *run)
{
	json_t *lost = manifest_lost_seal(run->manifest);

	if (!run->is_salvaged || manifest_is_as_lost(run->manifest))
		return true;
	run->is_doubtful = run->settings.trust != RUN_TRUST_DISK;
	if (run->is_doubtful)
		return false;
	if (run->settings.partial ||
	    json_equal(manifest_sealed(run->manifest), lost))
		return true;
	log_say(run->settings.log, LOG_WARN, "run", "the manifest has lost "
	    "lines, and the server no longer has everything that the sealed "
	    "export had; use --partial to keep what is left");
	return false;
}

static enum run_state
stop(struct run *run)
{
	(void)tree_layer_leave(run->tree);
	return RUN_STOPPED;
}

enum run_state
run_repair_end(struct run *run, enum run_state state, struct err *err)
{
	bool gaps;

	if (state != RUN_COMPLETE || (run->unfetched > 0 &&
	    !run->settings.partial)) {
		leave(run);
		return state != RUN_COMPLETE ? state : RUN_GAPS;
	}
	if (run_restore_done(run, err) == -1 ||
	    (run->unfetched == 0 && record_losses(run, err) == -1) ||
	    run_flush(run, err) == -1 || put_bookkeeping(run, err) == -1)
		return stop(run);
	if (!is_right(run))
		return tree_layer_drop(run->tree, err) == -1 ? RUN_STOPPED :
		    RUN_GAPS;
	log_to_file(run->settings.log, tree_log(run->tree),
	    run->settings.log_format);
	if (set_aside(run, err) == -1 ||
	    tree_layer_merge(run->tree, err) == -1)
		return stop(run);
	run->is_merged = true;
	if (manifest_sealed(run->manifest) != NULL)
		run_log_seal(run);
	gaps = manifest_sealed(run->manifest) == NULL || run->unfetched > 0;
	return gaps ? RUN_GAPS : RUN_COMPLETE;
}
