/*
 * hlexport adopt DIR: create a manifest for a legacy export.
 */

#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

static void
print_next(const struct cli *cli, const char *where)
{
	const char *gone = cli_retired(cli, NULL);

	printf("The export now has a manifest and SHA256SUMS.  ");
	if (gone == NULL)
		printf("To fetch what is missing, if the server still "
		    "runs:\n  hlexport --resume %s\n", cli_word(where));
	else
		printf("%s was shut down on %s; what is missing can no longer "
		    "be fetched.  To accept the export as it is:\n  hlexport "
		    "verify --accept %s\n", gone, cli->source->retired,
		    cli_word(where));
}

static int
adopt(struct cli *cli, const char *where, struct log *log)
{
	struct audit_settings settings = { .path = where, .log = log,
	    .source = cli->source, .sample = 100 };
	const char *url = config_text(cli->config, "server");
	struct audit_verify *verify;
	struct adopt *adopted = NULL;
	struct err err;
	char *server;
	bool again;
	int status = CLI_OK;

	if (adopt_again(where, &again, &err) == -1)
		return cli_error(&err);
	if ((server = http_check_server(url, &err)) == NULL)
		return cli_error(&err);
	verify = audit_verify_new(&settings, &err);
	if (verify == NULL ||
	    (!again && (adopted = adopt_begin(verify, where, cli->source,
	    CLI_TOOL, server, &err)) == NULL) ||
	    cli_check_steps(cli, verify, &err) == -1 ||
	    (!again && adopt_end(adopted, &err) == -1)) {
		status = cli_error(&err);
	} else {
		cli_check_report(cli, where, verify, false);
		if (adopted != NULL && adopt_aside(adopted) != NULL)
			fprintf(stderr, "The previous SHA256SUMS was moved to "
			    "%s\n", adopt_aside(adopted));
		if (!config_is(cli->config, "json") &&
		    !config_is(cli->config, "quiet"))
			print_next(cli, where);
	}
	audit_verify_free(verify);
	adopt_free(adopted);
	free(server);
	return status;
}

static int
undo(const struct cli *cli, const char *where)
{
	struct err err;
	bool was_adopted;

	if (adopt_undo(where, cli->source, &was_adopted, &err) == -1)
		return cli_error(&err);
	if (!config_is(cli->config, "quiet"))
		printf(was_adopted ? "%s: undone; the export is as it was "
		    "before 'hlexport adopt'\n" :
		    "%s: nothing to undo; adopt wrote nothing here\n", where);
	return CLI_OK;
}

int
cli_adopt(struct cli *cli)
{
	struct log *log;
	size_t n;
	char *const *words = config_args(cli->config, &n);
	int status;

	if (n != 1)
		return cli_wrong_arguments("adopt DIR", words, n, 1);
	if (config_is(cli->config, "undo"))
		return undo(cli, words[0]);
	log = log_new(LOG_ERROR, LOG_ERROR);
	status = adopt(cli, words[0], log);
	log_free(log);
	return status;
}
