#include <sys/resource.h>

#include <locale.h>
#include <signal.h>

#include "cli/cli.h"

#define OPEN_FILES 4096

/*
 * Raise the limit of open files to the maximum: the default is for programs
 * that use select(2).
 */
static void
raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_cur >= OPEN_FILES)
		return;
	limit.rlim_cur = limit.rlim_max < OPEN_FILES ? limit.rlim_max :
	    OPEN_FILES;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	struct rlimit none = { 0, 0 };

	/* A core dump would contain the key. */
	setrlimit(RLIMIT_CORE, &none);
	/* At the file size limit, let the write fail; don't die of SIGXFSZ. */
	signal(SIGXFSZ, SIG_IGN);
	raise_open_files();
	setlocale(LC_CTYPE, "");
	return cli_main(argc, argv);
}
