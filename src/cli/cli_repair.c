/*
 * hlexport repair DIR: verify it, ask again for what is damaged or missing,
 * and verify it again.
 */

#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"
#include "tree/tree.h"

/* What has to be asked for again. */
static struct run_damage *
damage_of(const struct audit_verify *verify, size_t *n)
{
	size_t all, i;
	const struct audit_finding *findings = audit_findings(verify, &all);
	struct run_damage *damage = mem_zero(all + 1, sizeof(*damage));

	*n = 0;
	for (i = 0; i < all; i++)
		if (findings[i].refetch && findings[i].listing != NULL)
			damage[(*n)++] = (struct run_damage){
			    findings[i].listing, findings[i].path };
	return damage;
}

/* Put the manifest's copy in its place, if that is what is damaged. */
static int
restore_manifest(const char *where, const struct audit_verify *verify,
    struct log *log, struct err *err)
{
	size_t n, i;
	const struct audit_finding *findings = audit_findings(verify, &n);
	struct tree *tree;
	int rc;

	for (i = 0; i < n; i++)
		if (findings[i].path != NULL &&
		    strcmp(findings[i].path, MANIFEST_NAME) == 0)
			break;
	if (i == n)
		return 0;
	if ((tree = tree_open(where, err)) == NULL)
		return -1;
	rc = manifest_restore(tree, log, err);
	tree_close(tree);
	return rc;
}

static int
remove_extra(const char *where, const struct audit_verify *verify,
    struct err *err)
{
	size_t n, i;
	const struct audit_finding *findings = audit_findings(verify, &n);
	struct tree *tree = tree_open(where, err);
	int rc = tree != NULL ? 0 : -1;

	for (i = 0; i < n && rc == 0; i++)
		if (findings[i].kind == AUDIT_EXTRA &&
		    findings[i].path != NULL)
			rc = file_remove(tree_dir(tree), findings[i].path,
			    err);
	tree_close(tree);
	return rc;
}

/* Is there more than what is too much? */
static bool
is_damaged(const struct audit_verify *verify)
{
	size_t n, i;
	const struct audit_finding *findings = audit_findings(verify, &n);

	for (i = 0; i < n; i++)
		if (findings[i].kind == AUDIT_DAMAGED ||
		    findings[i].kind == AUDIT_MISSING)
			return true;
	return false;
}

/* Run what the settings say, with what was found. */
static int
run_repair(struct cli *cli, const char *where,
    const struct audit_verify *verify, struct log *log)
{
	struct cli_settings settings;
	struct run_damage *damage;
	struct err err;
	size_t n;
	int status;

	damage = damage_of(verify, &n);
	if (cli_settings(cli, log, where, &settings, &err) == -1 ||
	    (settings.run.wake_fd = cli_signals(&err)) == -1) {
		status = cli_error(&err);
	} else {
		settings.run.repair = true;
		settings.run.damage = damage;
		settings.run.n_damage = n;
		status = cli_run(cli, log, &settings);
	}
	cli_settings_release(&settings);
	free(damage);
	return status;
}

static int
check_again(struct cli *cli, const char *where, struct log *log)
{
	struct audit_verify *verify = NULL;
	struct err err;
	int status;

	if (cli_check(cli, where, log, &verify, &err) == -1) {
		status = cli_error(&err);
	} else {
		cli_check_report(cli, where, verify, true);
		status = audit_is_whole(verify) ? CLI_OK : CLI_DAMAGED;
	}
	audit_verify_free(verify);
	return status;
}

/* One that has no manifest, or is not finished, is for others. */
static int
check_kind(const char *where, const struct audit_verify *verify,
    struct err *err)
{
	struct audit_progress now;

	audit_verify_progress(verify, &now);
	if (!now.ours)
		return err_set(err, ERR_USAGE, "%s has no manifest: "
		    "'hlexport adopt %s' makes one", where,
		    cli_word(where));
	return 0;
}

static int
repair(struct cli *cli, const char *where, struct log *log)
{
	struct audit_verify *verify = NULL;
	struct err err;
	int status = CLI_OK, again;

	if (cli_check(cli, where, log, &verify, &err) == -1 ||
	    check_kind(where, verify, &err) == -1 ||
	    restore_manifest(where, verify, log, &err) == -1 ||
	    (config_is(cli->config, "remove-extra") &&
	    remove_extra(where, verify, &err) == -1)) {
		status = cli_error(&err);
		audit_verify_free(verify);
		return status;
	}
	if (audit_is_whole(verify))
		cli_check_report(cli, where, verify, false);
	else if (is_damaged(verify))
		status = run_repair(cli, where, verify, log);
	/* What could not be had is told again: status, words and JSON. */
	if (!audit_is_whole(verify) && (status == CLI_OK ||
	    status == CLI_GAPS)) {
		again = check_again(cli, where, log);
		status = status != CLI_OK ? status : again;
	}
	audit_verify_free(verify);
	return status;
}

int
cli_repair(struct cli *cli)
{
	bool is_export = strcmp(config_command(cli->config), "export") == 0;
	const char *where = is_export ? config_text(cli->config, "resume") :
	    NULL;
	struct log *log;
	size_t n;
	char *const *words = config_args(cli->config, &n);
	int status;

	if (!is_export && n == 1)
		where = words[0];
	if (where == NULL || (is_export && n > 0))
		return cli_usage(is_export ? "--repair goes with --resume "
		    "DIR" : "repair wants one directory, like 'hlexport "
		    "repair exports/20250606-120000'");
	log = log_new(LOG_WARN, LOG_INFO);
	status = repair(cli, where, log);
	log_free(log);
	return status;
}
