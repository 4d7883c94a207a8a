/*
 * hlexport summary DIR: what is in an export, from the directory alone.
 */

#include "cli/cli_internal.h"

/* What state an export on disk is in. */
static enum run_state
state_of(const struct audit_summary *summary)
{
	if (summary->is_hurt || ((summary->sealed || summary->adopted) &&
	    summary->absent > 0))
		return RUN_DAMAGED;
	if (summary->sealed)
		return RUN_COMPLETE;
	if (summary->adopted)
		return RUN_GAPS;
	return summary->n_gaps > 0 || !summary->ours ? RUN_GAPS :
	    RUN_STOPPED;
}

static void
print_head(const struct audit_summary *summary, const char *where)
{
	if (!summary->ours)
		printf("Export without a manifest (made by another tool): %s"
		    "\n\n", where);
	else if (state_of(summary) == RUN_DAMAGED)
		printf("Export from %s, begun %s: damaged\n",
		    summary->server, summary->started);
	else if (summary->adopted)
		printf("Export that another tool made, adopted: %s\n",
		    where);
	else if (summary->sealed)
		printf("Export from %s, begun %s: complete\n",
		    summary->server, summary->started);
	else
		printf("Export from %s, begun %s: not complete\n",
		    summary->server, summary->started);
}

int
cli_summary(struct cli *cli)
{
	struct audit_summary summary;
	struct cli_result result = { .state = RUN_COMPLETE };
	struct source *source;
	struct log *log;
	struct err err;
	int status = CLI_OK;
	size_t n;
	char *const *words = config_args(cli->config, &n);

	if (n != 1)
		return cli_usage("summary wants one directory, like "
		    "'hlexport summary exports/20250606-120000'");
	if ((source = audit_source_of(words[0], &err)) == NULL)
		return cli_error(&err);
	log = log_new(LOG_ERROR, LOG_ERROR);
	if (audit_summary(words[0], source, log, &summary, &err) == -1) {
		status = cli_error(&err);
	} else {
		result.state = state_of(&summary);
		result.where = words[0];
		result.retired = cli_retired(cli, summary.server);
		if (config_is(cli->config, "json")) {
			cli_print_json(cli_report_json(&summary, &result));
		} else {
			print_head(&summary, words[0]);
			if (summary.ours)
				printf("\n");
			cli_report(stdout, &summary, &result);
		}
		if (summary.absent > 0 || summary.is_hurt)
			status = CLI_DAMAGED;
		else if (summary.n_gaps > 0 || (summary.ours &&
		    !summary.sealed && !summary.adopted))
			status = CLI_GAPS;
	}
	audit_release(&summary);
	source_free(source);
	log_free(log);
	return status;
}
