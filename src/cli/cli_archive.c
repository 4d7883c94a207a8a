/*
 * Existing archives: hlexport verify FILE, and the end of hlexport pack
 * --remove, which verifies the archive before it removes the directory.
 */

#include <sys/stat.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

/* Run all steps.  Return 0; 1 if a signal came; -1 with ${err} set. */
static int
check_steps(struct cli *cli, struct pack_verify *verify, struct err *err)
{
	struct audit_progress now;
	struct cli_meter meter;
	int64_t ms;
	int rc;

	cli_meter_init(cli, &meter);
	do {
		rc = pack_verify_step(verify, err);
		if (cli_meter_is_due(&meter, &ms)) {
			pack_verify_progress(verify, &now);
			cli_meter_show(&meter, cli_check_line(&now, ms));
		}
	} while (rc == 1 && cli_signalled() == 0);
	cli_meter_release(&meter);
	return rc;
}

/* Reject the options that work only on a directory. */
static int
check_options(const struct cli *cli)
{
	static const char *const not_here[] = { "fast", "sample", "online" };
	size_t i;

	for (i = 0; i < sizeof(not_here) / sizeof(not_here[0]); i++)
		if (config_origin(cli->config, not_here[i]) == CONFIG_ARGV)
			return cli_usage("--%s works only on a directory; an "
			    "archive is always read completely",
			    not_here[i]);
	return CLI_OK;
}

int
cli_check_archive(struct cli *cli, const char *path, struct log *log)
{
	struct cli_found found = { .where = path, .is_archive = true };
	struct pack_verify *verify;
	struct err err;
	int status = check_options(cli), rc = -1;

	if (status != CLI_OK)
		return status;
	if (cli_signals(&err) == -1)
		return cli_error(&err);
	verify = pack_verify_new(path, log, &err);
	if (verify != NULL)
		rc = check_steps(cli, verify, &err);
	if (rc == -1) {
		status = cli_error(&err);
	} else if (rc == 1) {
		fprintf(stderr, "hlexport: interrupted\n");
		status = CLI_INTERRUPTED;
	} else {
		found.is_whole = pack_is_whole(verify);
		found.findings = pack_findings(verify, &found.n);
		found.accepted = pack_accepted(verify);
		pack_verify_progress(verify, &found.progress);
		cli_found_report(cli, &found, true);
		status = found.is_whole ? CLI_OK : CLI_DAMAGED;
	}
	pack_verify_free(verify);
	return status;
}

/* ---------------------------------------------------------- --remove */

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

/* The first damage, for the message. */
static const struct audit_finding *
first_wrong(const struct pack_verify *verify)
{
	const struct audit_finding *findings;
	size_t n, i;

	findings = pack_findings(verify, &n);
	for (i = 0; i < n; i++)
		if (findings[i].kind == AUDIT_DAMAGED ||
		    findings[i].kind == AUDIT_MISSING)
			return &findings[i];
	return NULL;
}

int
cli_check_packed(struct cli *cli, const char *path, struct log *log,
    struct err *err)
{
	struct pack_verify *verify = pack_verify_new(path, log, err);
	const struct audit_finding *wrong;
	int rc = verify != NULL ? check_steps(cli, verify, err) : -1;

	if (rc == 0 && !pack_holds_all(verify)) {
		wrong = first_wrong(verify);
		rc = err_set(err, ERR_DATA, "%s does not contain all of a "
		    "complete export%s%s%s%s", path, wrong != NULL ? ": " :
		    "", wrong != NULL && wrong->path != NULL ? wrong->path :
		    "", wrong != NULL && wrong->path != NULL ? ": " : "",
		    wrong != NULL ? wrong->what : "");
	}
	pack_verify_free(verify);
	return rc;
}

/* Compare what is left of the directory.  As check_steps(). */
static int
rest_steps(struct cli *cli, struct pack_rest *rest, struct err *err)
{
	struct pack_progress now;
	struct cli_meter meter;
	int64_t ms;
	int rc;

	cli_meter_init(cli, &meter);
	do {
		rc = pack_rest_step(rest, err);
		if (cli_meter_is_due(&meter, &ms)) {
			pack_rest_progress(rest, &now);
			cli_meter_show(&meter, cli_pack_line(&now, ms));
		}
	} while (rc == 1 && cli_signalled() == 0);
	cli_meter_release(&meter);
	return rc;
}

static int
print_rest(const struct cli *cli, const char *where, const char *target,
    const struct pack_rest *rest, struct err *err)
{
	char files[32], bytes[16], archive[16], sha256[SHA256_HEX];
	struct pack_progress now;

	pack_rest_progress(rest, &now);
	if (config_is(cli->config, "json")) {
		if (pack_rest_sha256(rest, sha256, err) == -1)
			return -1;
		cli_print_json(cli_packed_json(where, target, &now, sha256,
		    true));
		return 0;
	}
	if (config_is(cli->config, "quiet"))
		return 0;
	text_human_count(now.files_total, files);
	text_human_bytes(now.bytes_total, bytes);
	text_human_bytes(now.archive_bytes, archive);
	printf("Already packed: %s\n  %s files, %s, in %s; verified, and "
	    "contains all that was left of %s\n  removed %s\n", target, files,
	    bytes, archive, where, where);
	return 0;
}

/* Is all that is left in the archive?  Return as check_steps(). */
static int
look_at_rest(struct cli *cli, const char *where, const char *target,
    struct log *log, struct pack_rest **rest, struct err *err)
{
	int rc = cli_check_packed(cli, target, log, err);

	if (rc != 0)
		return rc;
	*rest = pack_rest_new(where, target, log, err);
	return *rest != NULL ? rest_steps(cli, *rest, err) : -1;
}

static int
remove_rest(const struct cli *cli, const char *where, const char *target,
    struct pack_rest *rest)
{
	struct err err;

	if (pack_rest_remove(rest, &err) == -1 ||
	    print_rest(cli, where, target, rest, &err) == -1)
		return cli_error(&err);
	return CLI_OK;
}

/* The archive lacks something, or could not be read. */
static int
refuse(const char *where, const char *target, const struct err *err)
{
	int status = cli_error(err);

	fprintf(stderr, "Nothing was removed, and %s is unchanged.  To pack "
	    "%s, choose another archive name, or replace this one with "
	    "--force.\n",
	    target, where);
	return status;
}

bool
cli_pack_rest(struct cli *cli, const char *where, const char *target,
    struct log *log, int *status)
{
	struct pack_rest *rest = NULL;
	struct stat st;
	struct err err;
	bool is_all = true;
	int rc;

	if (lstat(target, &st) == -1 || !S_ISREG(st.st_mode))
		return false;
	rc = look_at_rest(cli, where, target, log, &rest, &err);
	if (rc == 0) {
		*status = remove_rest(cli, where, target, rest);
	} else if (rc == 1) {
		fprintf(stderr, "hlexport: interrupted; nothing was "
		    "removed\n");
		*status = CLI_INTERRUPTED;
	} else if (config_is(cli->config, "force") && (err.kind ==
	    ERR_USAGE || err.kind == ERR_DATA)) {
		/* --force: pack again, as the archive lacks something. */
		is_all = false;
	} else {
		*status = refuse(where, target, &err);
	}
	pack_rest_free(rest);
	return is_all;
}
