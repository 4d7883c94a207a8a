/*
 * Run an export or a repair, and report its outcome.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define STEP_MS 100

/* Log how the run began, for a later audit. */
static void
log_beginning(const struct cli *cli, const struct cli_settings *settings,
    struct log *log)
{
	char *options;

	options = json_dumps(settings->options, JSON_COMPACT);
	log_say(log, LOG_INFO, "cli", CLI_TOOL " (%s)", http_version());
	log_event(log, LOG_INFO, "cli", settings->resume != NULL ?
	    "resumed" : "begun", "command", cli->typed, "source",
	    cli->source->name, "server", settings->server, "options",
	    options, NULL);
	free(options);
}

/* Run all steps. */
static enum run_state
run_until_done(struct run *run, struct cli_progress *progress, struct err *err)
{
	enum run_state state;
	bool reported = false;

	do {
		state = run_step(run, STEP_MS, err);
		if (cli_signalled() != 0 && !reported) {
			reported = true;
			run_interrupt(run);
		}
		cli_progress_show(progress, run);
	} while (state == RUN_GOING);
	return state;
}

/*
 * Report the outcome to the log, to people and as JSON.  The log comes first:
 * if the disk is full, nobody must read "complete" before that fails.
 */
static void
report(const struct cli *cli, struct log *log, bool repairs,
    struct cli_outcome *result)
{
	/* A repair that changes nothing leaves nothing in the log. */
	bool tells = result->where != NULL && (!repairs ||
	    result->progress.is_merged);
	struct audit_summary summary;
	struct err err;

	if (tells && audit_summary(result->where, cli->source, log, &summary,
	    &err) == -1) {
		cli_error(&err);
		audit_release(&summary);
		tells = false;
	}
	if (tells) {
		result->retired = cli_retired(cli, summary.server);
		cli_outcome_log(log, &summary, result);
	}
	if (log_write_digest(log, &err) == -1) {
		(void)cli_error(&err);
		if (result->status == CLI_OK)
			result->status = CLI_STOPPED;
	} else if (tells && !repairs) {
		/* Of a repair, what verify says afterwards is the result. */
		if (!config_is(cli->config, "quiet"))
			cli_outcome_print(stderr, &summary, result);
		else if (result->state == RUN_GAPS)
			fprintf(stderr, "hlexport: %s: %" PRIu64 " gap%s; "
			    "'hlexport summary %s' lists what is missing\n",
			    result->where, summary.n_gaps,
			    summary.n_gaps == 1 ? "" : "s",
			    cli_word(result->where));
		if (config_is(cli->config, "json"))
			cli_print_json(cli_outcome_json(&summary, result));
	}
	if (tells)
		audit_release(&summary);
}

/* Report the outcome of a repair. */
static void
report_repair(const struct cli_outcome *result)
{
	const struct run_progress *progress = &result->progress;

	if (progress->is_merged && progress->restored == 0)
		fprintf(stderr, "Repaired: no files needed restoring\n");
	else if (progress->is_merged)
		fprintf(stderr, "Repaired: %" PRIu64 " file%s restored\n",
		    progress->restored, progress->restored == 1 ? "" : "s");
	else
		fprintf(stderr, "Not repaired: %s is unchanged\n",
		    result->where);
	if (progress->lost > 0)
		fprintf(stderr, "%" PRIu64 " file%s not be restored: the "
		    "server no longer has the exported data\n",
		    progress->lost, progress->lost == 1 ? " can" : "s can");
	if (progress->unfetched > 0)
		fprintf(stderr, "%" PRIu64 " file%s not be fetched; try again "
		    "later%s\n", progress->unfetched,
		    progress->unfetched == 1 ? " could" : "s could",
		    progress->is_merged ? "" : ", or restore the rest with "
		    "--partial");
}

/* --stdout: report the number of records on standard error. */
static void
report_lines(const struct cli *cli, const struct cli_outcome *result)
{
	char records[32];

	text_human_count(result->progress.records, records);
	if (!config_is(cli->config, "quiet"))
		fprintf(stderr, "%s record%s%s\n", records,
		    result->progress.records == 1 ? "" : "s",
		    result->state == RUN_COMPLETE ? "" : ", but not all of "
		    "them");
}

int
cli_run(struct cli *cli, struct log *log, struct cli_settings *settings,
    struct run_progress *last)
{
	struct cli_outcome result = { .ran = true, .err = { ERR_NONE, "" } };
	struct cli_progress *progress;
	struct run *run;

	log_beginning(cli, settings, log);
	progress = cli_progress_new(cli->config, log, config_is(cli->config,
	    "quiet"));
	run = run_new(&settings->run, &result.err);
	if (run == NULL) {
		cli_progress_free(progress);
		cli_retired_wrap(cli, settings->server, &result.err);
		return cli_error(&result.err);
	}
	result.state = run_until_done(run, progress, &result.err);
	run_progress(run, &result.progress);
	cli_progress_free(progress);
	result.where = run_where(run);
	result.source = cli->source;
	result.status = cli_exit_of_run(result.state,
	    &result.err);
	if (result.state == RUN_STOPPED) {
		cli_retired_wrap(cli, settings->server, &result.err);
		(void)cli_error(&result.err);
	} else {
		result.err.kind = ERR_NONE;
	}
	if (settings->run.mode == RUN_PRINT)
		report_lines(cli, &result);
	else if (settings->run.mode == RUN_ESTIMATE &&
	    result.state != RUN_STOPPED)
		cli_dry_report(run, cli->source,
		    config_is(cli->config, "json"));
	report(cli, log, settings->run.repair, &result);
	if (settings->run.repair && !config_is(cli->config, "quiet") &&
	    !result.progress.is_doubtful)
		report_repair(&result);
	if (last != NULL)
		*last = result.progress;
	run_free(run);
	return result.status;
}
