/*
 * hlexport verify DIR|FILE: is an export complete and undamaged?
 */

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "cli/cli_table.h"
#include "manifest/manifest.h"

int
cli_check_steps(struct cli *cli, struct audit_verify *verify,
    struct err *err)
{
	struct audit_progress now;
	struct cli_meter meter;
	int64_t ms;
	int rc;

	cli_meter_init(cli, &meter);
	do {
		rc = audit_verify_step(verify, err);
		if (cli_meter_is_due(&meter, &ms)) {
			audit_verify_progress(verify, &now);
			cli_meter_show(&meter, cli_check_line(&now, ms));
		}
	} while (rc == 1);
	cli_meter_release(&meter);
	return rc;
}

int
cli_check(struct cli *cli, const char *where, struct log *log,
    struct audit_verify **verify, struct err *err)
{
	struct audit_settings settings = { .path = where, .log = log,
	    .source = cli->source, .sample = 100 };

	if (strcmp(config_command(cli->config), "verify") == 0) {
		settings.fast = config_is(cli->config, "fast");
		settings.sample = (unsigned)config_number(cli->config,
		    "sample");
		settings.threads = (unsigned)config_number(cli->config,
		    "threads");
	}
	*verify = audit_verify_new(&settings, err);
	return *verify != NULL ? cli_check_steps(cli, *verify, err) : -1;
}

static struct cli_found
found_in(const char *where, const struct audit_verify *verify)
{
	struct cli_found found = { .where = where,
	    .is_whole = audit_is_whole(verify) };

	found.findings = audit_findings(verify, &found.n);
	found.accepted = audit_accepted(verify);
	audit_verify_progress(verify, &found.progress);
	return found;
}

json_t *
cli_check_json(const struct cli *cli, const char *where,
    const struct audit_verify *verify)
{
	struct cli_found found = found_in(where, verify);

	return cli_found_json(cli, &found);
}

void
cli_check_report(struct cli *cli, const char *where,
    const struct audit_verify *verify, bool next)
{
	struct cli_found found = found_in(where, verify);

	cli_found_report(cli, &found, next);
}

/* Report the findings and, with --online, the changes on the server. */
static int
report(struct cli *cli, struct cli *asking, const char *where,
    struct log *log, const struct audit_verify *verify)
{
	int status = audit_is_whole(verify) ? CLI_OK : CLI_DAMAGED, online;
	json_t *json;

	if (!config_is(cli->config, "online")) {
		cli_check_report(cli, where, verify, true);
		return status;
	}
	if (config_is(cli->config, "json")) {
		json = cli_check_json(cli, where, verify);
		online = cli_online(asking, where, log, json);
		cli_print_json(json);
	} else {
		cli_check_report(cli, where, verify, true);
		online = cli_online(asking, where, log, NULL);
	}
	return status != CLI_OK ? status : online;
}

static int
check_directory(struct cli *cli, const char *where, struct log *log)
{
	struct audit_verify *verify = NULL;
	struct source *source;
	struct cli own = *cli;
	struct err err;
	int status;

	if (tree_is_busy(where)) {
		err_set(&err, ERR_LOCKED, "another process is working on %s; "
		    "verify it when that process has ended", where);
		return cli_error(&err);
	}
	if ((source = audit_source_of(where, &err)) == NULL)
		return cli_error(&err);
	own.source = source;
	if (cli_check(&own, where, log, &verify, &err) == -1 ||
	    (config_is(cli->config, "accept") &&
	    audit_accept(verify, &err) == -1)) {
		status = cli_error(&err);
	} else {
		status = report(&own, cli, where, log, verify);
	}
	audit_verify_free(verify);
	source_free(source);
	return status;
}

struct conversion {
	struct cli_meter meter;
	const struct output_check *check;
};

static bool
tick(void *cookie)
{
	struct conversion *conversion = cookie;
	const struct output_check *check = conversion->check;
	struct audit_progress now = { .files = check->files,
	    .read = check->bytes };
	int64_t ms;

	if (cli_meter_is_due(&conversion->meter, &ms))
		cli_meter_show(&conversion->meter, cli_check_line(&now, ms));
	return cli_signalled() != 0;
}

/* Check the output of 'hlexport convert' against its manifest.json. */
static int
check_conversion(struct cli *cli, const char *where)
{
	static const char *const not_here[] = { "fast", "sample", "online",
	    "accept" };
	struct cli_found found = { .where = where, .is_whole = true };
	struct output_check check;
	struct conversion conversion = { .check = &check };
	struct err err;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(not_here) / sizeof(not_here[0]); i++)
		if (config_origin(cli->config, not_here[i]) == CONFIG_ARGV)
			return cli_usage("--%s works only on an export, and "
			    "%s is a conversion", not_here[i], where);
	if (cli_signals(&err) == -1)
		return cli_error(&err);
	cli_meter_init(cli, &conversion.meter);
	rc = output_check(where, tick, &conversion, &check, &err);
	cli_meter_release(&conversion.meter);
	for (i = 0; i < check.n; i++)
		found.is_whole &= check.items[i].kind == AUDIT_NOTE;
	found.findings = check.items;
	found.n = check.n;
	found.progress = (struct audit_progress){ .is_native = true,
	    .sealed = true, .files = check.files, .records = check.rows,
	    .read = check.bytes };
	if (rc == 0)
		cli_found_report(cli, &found, false);
	if (rc == 0 && check.lacks && !config_is(cli->config, "json") &&
	    !config_is(cli->config, "quiet"))
		printf("The export it was converted from was not complete.\n");
	output_check_release(&check);
	if (rc == -1)
		return cli_table_error(&err);
	return found.is_whole ? CLI_OK : CLI_DAMAGED;
}

int
cli_verify(struct cli *cli)
{
	struct log *log;
	struct stat st;
	bool is_archive;
	int status;
	size_t n;
	char *const *words = config_args(cli->config, &n);

	if (n != 1)
		return cli_wrong_arguments("verify DIR|FILE", words, n, 1);
	if (config_is(cli->config, "accept") && (config_is(cli->config,
	    "fast") || config_number(cli->config, "sample") < 100))
		return cli_usage("--accept requires a full verification; omit "
		    "--fast and --sample");
	is_archive = stat(words[0], &st) == 0 && !S_ISDIR(st.st_mode);
	if (is_archive && config_is(cli->config, "accept"))
		return cli_usage("--accept writes to the export, and cannot "
		    "change the archive %s", words[0]);
	/* What the server did not tell is named as it is met. */
	log = log_new(config_is(cli->config, "online") ? LOG_WARN :
	    LOG_ERROR, LOG_ERROR);
	if (!is_archive && !manifest_is_there(words[0]) &&
	    output_is_conversion(words[0]))
		status = check_conversion(cli, words[0]);
	else if (is_archive)
		status = cli_check_archive(cli, words[0], log);
	else
		status = check_directory(cli, words[0], log);
	log_free(log);
	return status;
}
