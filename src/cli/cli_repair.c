/*
 * hlexport repair DIR: verify it, re-fetch what is damaged or missing,
 * and verify it again.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"
#include "tree/tree.h"

struct repair {
	struct cli *cli;
	const char *where;
	struct log *log;
	struct audit_verify *verify;	/* the last one */
};

/* ----------------------------------------------------------- verifying */

static int
check(struct repair *repair, struct err *err)
{
	audit_verify_free(repair->verify);
	repair->verify = NULL;
	return cli_check(repair->cli, repair->where, repair->log,
	    &repair->verify, err);
}

/* The damaged and missing files that have to be fetched again. */
static struct run_damage *
damage_of(const struct audit_verify *verify, size_t *n)
{
	size_t all, i;
	const struct audit_finding *findings = audit_findings(verify, &all);
	struct run_damage *damage = mem_zero(all + 1, sizeof(*damage));

	*n = 0;
	for (i = 0; i < all; i++)
		if (findings[i].refetch && findings[i].path != NULL)
			damage[(*n)++] = (struct run_damage){
			    findings[i].listing, findings[i].path };
	return damage;
}

/* The number of findings of this kind. */
static size_t
count(const struct audit_verify *verify, enum audit_problem kind)
{
	size_t all, i, n = 0;
	const struct audit_finding *findings = audit_findings(verify, &all);

	for (i = 0; i < all; i++)
		n += findings[i].kind == kind;
	return n;
}

/* Can only the server restore what is damaged? */
static bool
needs_server(const struct audit_verify *verify,
    const struct run_damage *damage, size_t n)
{
	struct audit_progress now;
	size_t i;

	audit_verify_progress(verify, &now);
	for (i = 0; i < n; i++)
		if (damage[i].listing != NULL)
			return true;
	return !now.sealed;
}

/* ------------------------------------------------------------ fetching */

/* Run the repair of the files that were found damaged or missing. */
static int
fetch(struct repair *repair, enum run_trust trust,
    struct run_progress *progress)
{
	struct cli cli = *repair->cli;
	struct cli_settings settings;
	struct run_damage *damage;
	struct err err;
	size_t n;
	int status;

	damage = damage_of(repair->verify, &n);
	cli.asks_nothing = !needs_server(repair->verify, damage, n);
	if (cli_settings(&cli, repair->log, repair->where, &settings,
	    &err) == -1 || (!cli.asks_nothing &&
	    cli_key(&cli, &settings, &err) == -1) ||
	    (settings.run.wake_fd = cli_signals(&err)) == -1) {
		status = cli_error(&err);
	} else {
		settings.run.repair = true;
		settings.run.trust = trust;
		settings.run.partial = config_is(cli.config, "partial");
		settings.run.damage = damage;
		settings.run.n_damage = n;
		status = cli_run(&cli, repair->log, &settings, progress);
	}
	cli_settings_release(&settings);
	free(damage);
	return status;
}

/* First finish an earlier repair that was killed while merging its files. */
static int
finish_earlier(const char *where, struct err *err)
{
	struct tree *tree = tree_open(where, err);
	int rc = -1;

	if (tree != NULL)
		rc = tree_layer_recover(tree, err) == -1 ? -1 : 0;
	tree_close(tree);
	return rc;
}

/* ----------------------------------------------------------- extra files */

/* Move the file out, unless it can't be read and so can't be identified. */
static int
move_out(struct tree *tree, const char *path, struct err *err)
{
	int fd = file_open(tree_dir(tree), path, O_RDONLY,
	    NULL);

	if (fd == -1 && errno != ELOOP && errno != EISDIR &&
	    errno != ENXIO) {
		fprintf(stderr, "%s: not moved, because it cannot be read: "
		    "%s\n", path,
		    strerror(errno));
		return 0;
	}
	if (fd != -1)
		close(fd);
	return tree_set_aside(tree, path, err);
}

static int
move_all(const char *where, const struct audit_verify *verify, bool quiet,
    struct err *err)
{
	size_t n, i;
	const struct audit_finding *findings = audit_findings(verify, &n);
	struct tree *tree = tree_open(where, err);
	int rc = tree != NULL ? 0 : -1;

	for (i = 0; i < n && rc == 0; i++)
		if (findings[i].kind == AUDIT_EXTRA &&
		    findings[i].path != NULL)
			rc = move_out(tree, findings[i].path, err);
	if (tree != NULL && tree_aside(tree) != NULL && !quiet)
		fprintf(stderr, "The extra files were moved to %s\n",
		    tree_aside(tree));
	tree_close(tree);
	return rc;
}

static int
remove_extra(struct repair *repair, struct err *err)
{
	const struct config *config = repair->cli->config;
	size_t n = count(repair->verify, AUDIT_EXTRA);
	char *question;
	int rc;

	if (!config_is(config, "remove-extra") || n == 0)
		return 0;
	question = mem_format("Move %zu extra file%s out of the export, to a "
	    "directory beside it?", n, n == 1 ? "" : "s");
	rc = cli_ask(repair->cli, question, "", err);
	free(question);
	if (rc != 1)
		return rc;
	if (move_all(repair->where, repair->verify,
	    config_is(config, "quiet"), err) == -1)
		return -1;
	return check(repair, err);
}

/* ---------------------------------------------------------- the command */

/* Is anything damaged or missing that can still be fetched? */
static bool
wants_fetch(const struct repair *repair)
{
	struct audit_progress now;
	size_t n, i;
	const struct audit_finding *findings =
	    audit_findings(repair->verify, &n);
	bool is_gone;

	audit_verify_progress(repair->verify, &now);
	is_gone = cli_retired(repair->cli, now.server) != NULL;
	for (i = 0; i < n; i++)
		if ((findings[i].kind == AUDIT_DAMAGED ||
		    findings[i].kind == AUDIT_MISSING) &&
		    !(is_gone && findings[i].is_accepted))
			return true;
	return false;
}

/* Check the preconditions before changing anything. */
static int
check_use(const struct repair *repair, struct err *err)
{
	const struct config *config = repair->cli->config;

	if (access(repair->where, F_OK) == -1)
		return err_errno(err, ERR_USAGE, "open %s", repair->where);
	if (!manifest_is_there(repair->where))
		return err_set(err, ERR_USAGE, "%s has no manifest; 'hlexport "
		    "adopt %s' creates one", repair->where,
		    cli_word(repair->where));
	if (config_is(config, "remove-extra") && !config_is(config, "yes") &&
	    !isatty(STDIN_FILENO))
		return err_set(err, ERR_USAGE, "--remove-extra asks for "
		    "confirmation, and there is no terminal; use --yes to "
		    "proceed without asking");
	return 0;
}

/* Return the status; or -1 with ${err} set. */
static int
work(struct repair *repair, struct err *err)
{
	struct run_progress progress = { .is_merged = false };
	int status = CLI_OK;

	if (check_use(repair, err) == -1 ||
	    finish_earlier(repair->where, err) == -1 ||
	    check(repair, err) == -1)
		return -1;
	if (wants_fetch(repair))
		status = fetch(repair, RUN_TRUST_LINES, &progress);
	if (progress.is_doubtful)
		status = fetch(repair, RUN_TRUST_SERVER, &progress);
	if (progress.is_doubtful)
		status = fetch(repair, RUN_TRUST_DISK, &progress);
	if (progress.is_merged && check(repair, err) == -1)
		return -1;
	if (status == CLI_OK && remove_extra(repair, err) == -1)
		return -1;
	cli_check_report(repair->cli, repair->where, repair->verify, true);
	return status == CLI_OK && !audit_is_whole(repair->verify) ?
	    CLI_DAMAGED : status;
}

int
cli_repair(struct cli *cli)
{
	bool is_export = strcmp(config_command(cli->config), "export") == 0;
	struct repair repair = { .cli = cli };
	struct err err;
	size_t n;
	char *const *words = config_args(cli->config, &n);
	int status;

	if (is_export)
		repair.where = config_text(cli->config, "resume");
	else if (n == 1)
		repair.where = words[0];
	if (is_export && (repair.where == NULL || n > 0))
		return cli_usage("--repair requires --resume DIR");
	if (is_export && (config_is(cli->config, "dry-run") ||
	    config_is(cli->config, "stdout")))
		return cli_usage("--repair cannot be used with --dry-run or "
		    "--stdout");
	if (repair.where == NULL)
		return cli_wrong_arguments("repair DIR", words, n, 1);
	repair.log = log_new(LOG_WARN, LOG_INFO);
	status = work(&repair, &err);
	if (status == -1)
		status = cli_error(&err);
	audit_verify_free(repair.verify);
	log_free(repair.log);
	return status;
}
