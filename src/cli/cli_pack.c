/*
 * hlexport pack DIR -o FILE: an export in one file.
 */

#include <sys/stat.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

char *
cli_pack_line(const struct pack_progress *now, int64_t ms)
{
	char files[32], total[32], bytes[16], rate[16];

	text_human_count(now->files, files);
	text_human_count(now->files_total, total);
	text_human_bytes(now->bytes, bytes);
	text_human_bytes(ms > 0 ? (now->bytes + (now->is_reading ?
	    now->bytes_total : 0)) * 1000 / (uint64_t)ms : 0, rate);
	return mem_format("%s %s/%s files, %s, %s/s", now->is_reading ?
	    "read back" : "packed", files, total, bytes, rate);
}

/* All steps.  Return 0; 1: a signal came; -1 with ${err} set. */
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

/* What the archive is, though it is whole. */
static void
warn(const char *where, const struct pack_export *export)
{
	if (!export->ours)
		fprintf(stderr, "hlexport: warning: %s has no manifest, so "
		    "no one can say whether it is complete\n", where);
	else if (export->gaps > 0)
		fprintf(stderr, "hlexport: warning: %s is NOT COMPLETE: "
		    "%" PRIu64 " gap%s, which 'hlexport summary %s' names; "
		    "its archive is not complete either\n", where,
		    export->gaps, export->gaps == 1 ? "" : "s",
		    cli_word(where));
	else if (!export->sealed)
		fprintf(stderr, "hlexport: warning: %s is NOT COMPLETE: it "
		    "is not finished, as 'hlexport verify %s' says\n",
		    where, cli_word(where));
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
		printf("  %s is removed\n", where);
	printf("\nTo check it at any time, without unpacking it:\n"
	    "  hlexport verify %s\n", cli_word(target));
}

json_t *
cli_packed_json(const char *where, const char *target,
    const struct pack_progress *now, const char *sha256, bool removed)
{
	json_t *json = json_object();

	json_object_set_new(json, "status", json_string("packed"));
	json_object_set_new(json, "file", json_string(target));
	json_object_set_new(json, "directory", json_string(where));
	json_object_set_new(json, "complete", json_true());
	json_object_set_new(json, "gaps", json_integer(0));
	json_object_set_new(json, "files", json_integer((json_int_t)
	    now->files_total));
	json_object_set_new(json, "bytes", json_integer((json_int_t)
	    now->bytes_total));
	json_object_set_new(json, "archive_bytes", json_integer((json_int_t)
	    now->archive_bytes));
	json_object_set_new(json, "sha256", json_string(sha256));
	json_object_set_new(json, "removed", json_boolean(removed));
	return json;
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
 * The archive takes the directory's place only if it proves that it can: it is
 * verified, as it will be when the directory is no more.
 */
static int
remove_packed(struct cli *cli, const char *where,
    struct pack_export *export, struct log *log, struct err *err)
{
	const char *target = export->settings.target;
	int rc = cli_check_packed(cli, target, log, err);

	if (rc == 0)
		return pack_remove(export->pack, err);
	return rc == 1 ? 1 : err_wrap(err, "%s was made, but %s is not "
	    "removed", target, where);
}

/* It is packed: say so, and remove what was packed if that is wanted. */
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
		fprintf(stderr, "hlexport: warning: the %s that was replaced "
		    "was damaged or cut off; the %" PRIu64 " file%s that "
		    "could be seen in it %s in the new one, too\n",
		    export->settings.target, now.replaced, now.replaced == 1 ?
		    "" : "s", now.replaced == 1 ? "is" : "are");
	if (export->knows_all && now.unknown > 0)
		fprintf(stderr, "hlexport: warning: in it %s %" PRIu64
		    " file%s that the manifest does not know; 'hlexport "
		    "verify' names them\n", now.unknown == 1 ? "is" : "are",
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
	fprintf(stderr, made ? "hlexport: interrupted; %s was made, and %s "
	    "is not removed\n" : "hlexport: interrupted; %s was not made, "
	    "and %s is as it was\n", target, where);
	return CLI_INTERRUPTED;
}

static int
pack(struct cli *cli, const char *where, const char *target, struct log *log)
{
	struct pack_export export;
	struct err err;
	bool made = false;
	int rc = pack_export_open(where, target,
	    config_is(cli->config, "force"), log, &export, &err);

	if (rc == 0)
		warn(where, &export);
	if (rc == 0 && !export.sealed && config_is(cli->config, "remove"))
		rc = err_set(&err, ERR_USAGE, "--remove is only for an "
		    "export that is complete, and %s is not; nothing was "
		    "done", where);
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
	fprintf(stderr, made ? "To see all that is wrong:\n  hlexport "
	    "verify %s\n" : "Nothing was packed.  To see all that is "
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
		return cli_usage("pack wants one directory, and the file to "
		    "make, like 'hlexport pack exports/20250606-120000 -o "
		    "export.zip'");
	if (cli_signals(&err) == -1)
		return cli_error(&err);
	/* What is removed is not a link but what it leads to: say so. */
	len = strlen(words[0]);
	while (len > 1 && words[0][len - 1] == '/')
		len--;
	bare = mem_copy(words[0], len);
	if (lstat(bare, &st) == 0 && S_ISLNK(st.st_mode))
		real = realpath(bare, NULL);
	free(bare);
	log = log_new(LOG_ERROR, LOG_ERROR);
	/* It may have been interrupted in removing. */
	if (!config_is(cli->config, "remove") || !cli_pack_rest(cli,
	    real != NULL ? real : words[0], target, log, &status))
		status = pack(cli, real != NULL ? real : words[0], target,
		    log);
	log_free(log);
	free(real);
	return status;
}
