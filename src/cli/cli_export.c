/*
 * hlexport export: export a workspace, or resume an export.
 */

#include <stdlib.h>

#include "cli/cli_internal.h"

int
cli_export(struct cli *cli)
{
	struct cli_settings settings;
	struct log *log;
	struct err err;
	size_t n;
	int status;
	char *const *words = config_args(cli->config, &n);
	char *complete;

	if (n > 0)
		return cli_usage("unexpected argument \"%s\"; see 'hlexport "
		    "help export'", words[0]);
	if (config_is(cli->config, "repair"))
		return cli_repair(cli);
	if ((complete = cli_nothing_to_resume(cli)) != NULL) {
		if (!config_is(cli->config, "quiet"))
			fprintf(stderr, "Nothing to resume: %s is complete\n",
			    complete);
		status = config_is(cli->config, "json") ?
		    cli_summarise(cli, complete, complete,
		    true, false) : CLI_OK;
		free(complete);
		return status;
	}
	log = log_new(config_is(cli->config, "quiet") ? LOG_ERROR :
	    config_is(cli->config, "verbose") ? LOG_DEBUG : LOG_WARN,
	    config_is(cli->config, "verbose") ? LOG_DEBUG : LOG_INFO);
	if (cli_settings(cli, log, NULL, &settings, &err) == -1 ||
	    cli_key(cli, &settings, &err) == -1 ||
	    (settings.run.wake_fd = cli_signals(&err)) == -1)
		status = cli_error(&err);
	else
		status = cli_run(cli, log, &settings, NULL);
	cli_settings_release(&settings);
	log_free(log);
	return status;
}
