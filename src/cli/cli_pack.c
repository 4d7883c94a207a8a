/*
 * hlexport pack DIR -o FILE: an export in one file.
 */

#include <sys/stat.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_table.h"

/* Run all steps.  Return 0; 1 if a signal came; -1 with ${err} set. */
static int
run_steps(struct cli *cli, struct pack *pack, struct err *err)
{
	struct pack_progress now;
	struct cli_meter meter;
	int64_t ms;
	int rc;

	cli_meter_init(cli, &meter);
	do {
		rc = pack_step(pack, err);
		if (cli_meter_is_due(&meter, &ms)) {
			pack_progress(pack, &now);
			cli_meter_show(&meter, cli_pack_line(&now, ms));
		}
	} while (rc == 1 && cli_signalled() == 0);
	cli_meter_release(&meter);
	return rc;
}

/* The archive of an export that is not complete is not complete either. */
static int
warn(const char *where, const struct pack_export *export, struct log *log,
    struct err *err)
{
	struct source *source = NULL;
	struct cli_whole whole = { .is_native = false };
	struct text why;
	int rc = 0;

	if (export->is_native &&
	    ((source = audit_source_of(where, err)) == NULL ||
		cli_whole_find(where, source, log, &whole, err) == -1))
		rc = -1;
	if (rc == 0 && !whole.complete) {
		text_init(&why, SIZE_MAX / 4);
		cli_whole_add(&whole, where, &why);
		fprintf(stderr, "hlexport: warning: %s %s; the archive will "
		    "not be complete either\n", where, why.data);
		text_release(&why);
	}
	source_free(source);
	return rc;
}

static bool
is_bookkeeping(const struct audit_finding *found)
{
	return found->path != NULL && strchr(found->path, '/') == NULL;
}

/*
 * Refuse to pack a complete export whose bookkeeping files are damaged: the
 * archive would not verify.  Packing itself compares only the other files with
 * the manifest.
 */
static int
take_findings(const char *where, const struct audit_verify *verify,
    struct err *err)
{
	const struct audit_finding *found;
	size_t i, n, others = 0;

	found = audit_findings(verify, &n);
	for (i = 0; i < n; i++) {
		if ((found[i].kind != AUDIT_DAMAGED &&
		    found[i].kind != AUDIT_MISSING) || found[i].is_accepted)
			continue;
		if (is_bookkeeping(&found[i]))
			return err_set(err, ERR_DATA, "%s: %s",
			    found[i].path, found[i].what);
		others++;
	}
	if (others > 0)
		fprintf(stderr, "hlexport: warning: %s is not whole, and its "
		    "archive will not be either; 'hlexport verify %s' lists "
		    "what is wrong\n", where, cli_word(where));
	return 0;
}

static int
check_bookkeeping(const char *where, struct log *log, struct err *err)
{
	struct audit_settings settings = { .path = where, .fast = true,
	    .log = log };
	struct source *source = audit_source_of(where, err);
	struct audit_verify *verify;
	int rc;

	settings.source = source;
	verify = source != NULL ? audit_verify_new(&settings, err) : NULL;
	if (verify == NULL) {
		source_free(source);
		return -1;
	}
	while ((rc = audit_verify_step(verify, err)) == 1 &&
	    cli_signalled() == 0)
		;
	if (rc == 0)
		rc = take_findings(where, verify, err);
	audit_verify_free(verify);
	source_free(source);
	return rc;
}

static void
print_packed(const char *where, const char *target,
    const struct pack_progress *now, bool removed)
{
	char files[32], bytes[16], archive[16];

	text_human_count(now->files_total, files);
	text_human_bytes(now->bytes_total, bytes);
	text_human_bytes(now->archive_bytes, archive);
	printf("Packed: %s\n  %s files, %s, in %s; read back and compared\n",
	    target, files, bytes, archive);
	if (removed)
		printf("  removed %s\n", where);
	printf("\nTo verify the archive without unpacking it:\n  hlexport "
	    "verify %s\n", cli_word(target));
}

static json_t *
packed_json(const char *where, const struct pack_export *export,
    bool removed)
{
	struct pack_progress now;
	char sha256[SHA256_HEX];
	json_t *json;

	pack_progress(export->pack, &now);
	pack_sha256(export->pack, sha256);
	json = cli_packed_json(where, export->settings.target, &now, sha256,
	    removed);
	json_object_set_new(json, "complete", json_boolean(export->sealed));
	json_object_set_new(json, "gaps", json_integer((json_int_t)
	    export->gaps));
	return json;
}

/*
 * Verify the archive as a user would without the directory, and only then
 * remove the directory.
 */
static int
remove_packed(struct cli *cli, const char *where,
    struct pack_export *export, struct log *log, struct err *err)
{
	const char *target = export->settings.target;
	int rc = cli_check_packed(cli, target, log, err);

	if (rc == 0)
		return pack_remove(export->pack, err);
	return rc == 1 ? 1 : err_wrap(err, "%s was written, but %s was not "
	    "removed", target, where);
}

/* The archive is written: remove the directory if asked to, and report. */
static int
finish(struct cli *cli, const char *where, struct pack_export *export,
    struct log *log, struct err *err)
{
	bool remove = config_is(cli->config, "remove");
	struct pack_progress now;
	int rc;

	if (remove && (rc = remove_packed(cli, where, export, log,
	    err)) != 0)
		return rc;
	pack_progress(export->pack, &now);
	if (now.replaces_damaged)
		fprintf(stderr, "hlexport: warning: the replaced %s was "
		    "damaged or truncated; the %" PRIu64 " file%s that could "
		    "be read from it %s also in the new archive\n",
		    export->settings.target, now.replaced, now.replaced == 1 ?
		    "" : "s", now.replaced == 1 ? "is" : "are");
	if (export->knows_all && now.unknown > 0)
		fprintf(stderr, "hlexport: warning: the archive contains %"
		    PRIu64 " file%s that the manifest does not list; "
		    "'hlexport verify' names them\n",
		    now.unknown, now.unknown == 1 ? "" : "s");
	if (config_is(cli->config, "json"))
		cli_print_json(packed_json(where, export, remove));
	else if (!config_is(cli->config, "quiet"))
		print_packed(where, export->settings.target, &now, remove);
	return 0;
}

static int
interrupted(const char *where, const char *target, bool made)
{
	fprintf(stderr, made ? "hlexport: interrupted; %s was written, but %s "
	    "was not removed\n" : "hlexport: interrupted; %s was not written, "
	    "and %s is unchanged\n", target, where);
	return CLI_INTERRUPTED;
}

static int
pack(struct cli *cli, const char *where, const char *target, struct log *log)
{
	struct pack_export export;
	struct err err;
	bool made = false;
	int rc = cli_check_outside(target, where, &err);

	if (rc == -1)
		return cli_error(&err);
	rc = pack_export_open(where, target, config_is(cli->config, "force"),
	    log, &export, &err);
	if (rc == 0)
		rc = warn(where, &export, log, &err);
	if (rc == 0 && export.sealed)
		rc = check_bookkeeping(where, log, &err);
	if (rc == 0 && !export.sealed && config_is(cli->config, "remove"))
		rc = err_set(&err, ERR_USAGE, "--remove requires a complete "
		    "export, and %s is not complete; nothing was done", where);
	if (rc == 0)
		rc = run_steps(cli, export.pack, &err);
	if (rc == 0) {
		made = true;
		rc = finish(cli, where, &export, log, &err);
	}
	pack_export_close(&export);
	if (rc == 1)
		return interrupted(where, target, made);
	if (rc == 0)
		return CLI_OK;
	rc = cli_error(&err);
	if (err.kind != ERR_DATA)
		return rc;
	fprintf(stderr, made ? "To list everything that is wrong:\n  hlexport "
	    "verify %s\n" : "Nothing was packed.  To list everything that is "
	    "damaged:\n  hlexport verify %s\n", cli_word(made ? target :
	    where));
	return rc;
}

int
cli_pack(struct cli *cli)
{
	const char *target = config_text(cli->config, "output");
	struct log *log;
	struct stat st;
	struct err err;
	size_t n;
	char *const *words = config_args(cli->config, &n);
	char *real = NULL, *bare;
	size_t len;
	int status;

	if (n != 1 || target == NULL)
		return cli_wrong_arguments("pack DIR -o FILE", words, n, 1);
	if (cli_signals(&err) == -1)
		return cli_error(&err);
	/* --remove removes the target of a link, so messages must name it. */
	len = strlen(words[0]);
	while (len > 1 && words[0][len - 1] == '/')
		len--;
	bare = mem_copy(words[0], len);
	if (lstat(bare, &st) == 0 && S_ISLNK(st.st_mode))
		real = realpath(bare, NULL);
	free(bare);
	log = log_new(LOG_ERROR, LOG_ERROR);
	/* An earlier --remove may have been interrupted while removing. */
	if (!config_is(cli->config, "remove") || !cli_pack_rest(cli,
	    real != NULL ? real : words[0], target, log, &status))
		status = pack(cli, real != NULL ? real : words[0], target,
		    log);
	log_free(log);
	free(real);
	return status;
}
