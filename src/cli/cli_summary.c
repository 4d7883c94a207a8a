/*
 * hlexport summary DIR: what an export contains, without asking the server.
 */

#include <stdlib.h>
#include <string.h>

#include "cli/cli_table.h"
#include "tree/tree.h"

enum run_state
cli_summary_state(const struct audit_summary *summary)
{
	if (summary->is_hurt || ((summary->sealed || summary->adopted) &&
	    summary->absent > 0))
		return RUN_DAMAGED;
	if (summary->sealed)
		return RUN_COMPLETE;
	if (summary->adopted)
		return RUN_GAPS;
	return summary->n_gaps > 0 || !summary->is_native ? RUN_GAPS :
	    RUN_STOPPED;
}

static void
print_head(const struct audit_summary *summary,
    const struct cli_outcome *result)
{
	const char *where = result->where;
	bool is_begun = summary->started != NULL;
	const char *when = is_begun ? summary->started :
	    summary->adopted_when;

	if (!summary->is_native)
		printf("Export without a manifest (made by another tool): %s"
		    "\n\n", where);
	else if (summary->adopted)
		printf("Export made by another tool, adopted %s: %s\n",
		    when, result->state == RUN_DAMAGED ?
		    "damaged" : where);
	else
		printf("Export from %s, %s %s: %s\n", summary->server,
		    is_begun ? "begun" : "adopted", when,
		    result->state == RUN_DAMAGED ? "damaged" :
		    summary->sealed ? "complete" : "not complete");
}

int
cli_summarise(const struct cli *cli, const char *dir, const char *where,
    bool ran, bool damaged)
{
	struct audit_summary summary;
	struct cli_outcome result = { .state = RUN_COMPLETE, .ran = ran };
	struct source *source;
	struct log *log;
	struct err err;
	int status = CLI_OK;

	if ((source = audit_source_of(dir, &err)) == NULL)
		return cli_error(&err);
	log = log_new(LOG_ERROR, LOG_ERROR);
	if (audit_summary(dir, source, log, &summary, &err) == -1) {
		status = cli_error(&err);
	} else {
		result.state = damaged ? RUN_DAMAGED :
		    cli_summary_state(&summary);
		result.where = where;
		result.is_busy = tree_is_busy(dir);
		result.is_archive = strcmp(dir, where) != 0;
		result.source = source;
		result.retired = cli_retired(cli, summary.server);
		if (config_is(cli->config, "json")) {
			cli_print_json(cli_outcome_json(&summary, &result));
		} else {
			print_head(&summary, &result);
			if (summary.is_native)
				printf("\n");
			cli_outcome_print(stdout, &summary, &result);
		}
		if (summary.absent > 0 || summary.is_hurt || damaged)
			status = CLI_DAMAGED;
		else if (summary.n_gaps > 0 || (summary.is_native &&
		    !summary.sealed && !summary.adopted))
			status = CLI_GAPS;
	}
	audit_release(&summary);
	source_free(source);
	log_free(log);
	return status;
}

int
cli_summary(struct cli *cli)
{
	size_t n;
	char *const *words = config_args(cli->config, &n), *dir;
	struct cli_unpacked unpacked;
	struct log *log;
	struct err err;
	int status;

	if (n != 1)
		return cli_wrong_arguments("summary DIR|FILE", words, n, 1);
	if (cli_signals(&err) == -1)
		return cli_error(&err);
	log = log_new(LOG_ERROR, LOG_ERROR);
	dir = cli_unpack(cli, words[0], log, &unpacked, &err);
	status = dir == NULL ? cli_table_error(&err) :
	    cli_summarise(cli, unpacked.scratch != NULL ? dir : words[0],
	    words[0], false, unpacked.damaged > 0);
	cli_unpacked_tell(&unpacked, words[0]);
	cli_unpacked_release(&unpacked);
	log_free(log);
	free(dir);
	return status;
}
