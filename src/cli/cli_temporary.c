/*
 * The directory for temporary files: --temp-dir, or the default.
 */

#include <sys/stat.h>

#include <stdlib.h>

#include "cli/cli_table.h"

const char *
cli_scratch_parent(const struct cli *cli, const char *given)
{
	const char *dir = config_text(cli->config, "temp-dir");

	if (dir != NULL)
		return dir;
	if (given != NULL)
		return given;
	dir = getenv("TMPDIR");
	return dir != NULL && *dir != '\0' ? dir : "/tmp";
}

int
cli_check_temporary(const struct cli *cli, struct err *err)
{
	const char *dir = config_text(cli->config, "temp-dir");
	struct stat st;

	if (dir != NULL && (stat(dir, &st) == -1 || !S_ISDIR(st.st_mode)))
		return err_set(err, ERR_USAGE, "--temp-dir %s: not a "
		    "directory", dir);
	return 0;
}
