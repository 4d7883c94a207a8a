/*
 * Ask the user for confirmation.
 */

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/cli_internal.h"

int
cli_ask(const struct cli *cli, const char *question, const char *without,
    struct err *err)
{
	char answer[4096] = "";

	if (config_is(cli->config, "yes"))
		return 1;
	if (!isatty(STDIN_FILENO))
		return err_set(err, ERR_USAGE, "cannot ask for confirmation "
		    "without a terminal; use --yes to proceed without "
		    "asking%s", without);
	fprintf(stderr, "\n%s [y/N] ", question);
	fflush(stderr);
	if (cli_read_line(answer, sizeof(answer)) == -1)
		return cli_signalled() != 0 ? err_set(err, ERR_STOPPED,
		    "stopped") : err_errno(err, ERR_USAGE, "read the answer");
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer,
	    "yes") == 0;
}
