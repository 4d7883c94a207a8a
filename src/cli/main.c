#include <sys/resource.h>

#include <locale.h>
#include <signal.h>

#include "cli/cli.h"

int
main(int argc, char **argv)
{
	struct rlimit none = { 0, 0 };

	/* A core would hold the key. */
	setrlimit(RLIMIT_CORE, &none);
	/* A file that may not grow is an error of the write, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	setlocale(LC_CTYPE, "");
	return cli_main(argc, argv);
}
