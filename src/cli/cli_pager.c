/*
 * A pager between the program and the terminal, as in git: $PAGER, or less if
 * it is installed.  It starts with the first output, whose control characters
 * are already made visible.
 */

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"

extern char **environ;

static struct {
	const char *command;
	pid_t pid;		/* 0: it was not started */
	int fd;
	struct sigaction interrupt;	/* what SIGINT did before */
} pager;

static bool
is_in_path(const char *name)
{
	const char *pos = getenv("PATH");
	char *path;
	size_t n;
	bool is = false;

	for (; pos != NULL && *pos != '\0' && !is; pos += n + (pos[n] == ':')) {
		n = strcspn(pos, ":");
		path = mem_format("%.*s/%s", (int)n, pos, name);
		is = n > 0 && access(path, X_OK) == 0;
		free(path);
	}
	return is;
}

/* The pager's command, or NULL for none. */
static const char *
choose(void)
{
	const char *reported = getenv("PAGER"), *term = getenv("TERM");

	if (term == NULL || strcmp(term, "dumb") == 0)
		return NULL;
	if (reported == NULL)
		return is_in_path("less") ? "less" : NULL;
	return *reported == '\0' || strcmp(reported, "cat") == 0 ? NULL
								 : reported;
}

/* Start the pager with ${in} as standard input, and default signals. */
static int
start(int in)
{
	char *words[] = { (char *)"sh", (char *)"-c",
	    (char *)pager.command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t defaults;
	int rc;

	/*
	 * Exit if the output fits the screen, leave it there at the end, and
	 * chop long lines: the arrow keys scroll sideways.
	 */
	setenv("LESS", "FRSX", 0);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigdefault(&how, &defaults);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	rc = posix_spawnp(&pager.pid, "sh", &files, &how, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return rc == 0 ? 0 : -1;
}

/* Start the pager.  Return the descriptor to write to, or -1. */
static int
open_pager(void)
{
	struct sigaction ignored = { .sa_handler = SIG_IGN };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	if (start(ends[0]) == -1) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	close(ends[0]);
	/* Ctrl-C is for the pager now. */
	sigaction(SIGINT, &ignored, &pager.interrupt);
	return pager.fd = ends[1];
}

void
cli_pager_begin(void)
{
	pager.pid = 0;
	if (isatty(STDOUT_FILENO) && (pager.command = choose()) != NULL)
		cli_terminal_page(open_pager);
}

/* Did a signal other than the reader's Ctrl-C come? */
static bool
is_ended(void)
{
	int signal = cli_signalled();

	return signal != 0 && signal != SIGINT;
}

int
cli_pager_end(struct err *err)
{
	int status = 0;

	cli_terminal_page(NULL);
	if (pager.pid == 0)
		return 0;
	/* Discard what the pager did not read. */
	__fpurge(stdout);
	clearerr(stdout);
	close(pager.fd);
	/* --timeout does not limit reading. */
	alarm(0);
	do
		if (is_ended())
			kill(pager.pid, SIGTERM);
	while (waitpid(pager.pid, &status, 0) == -1 && errno == EINTR);
	pager.pid = 0;
	sigaction(SIGINT, &pager.interrupt, NULL);
	if (is_ended())
		return err_set(err, ERR_STOPPED, "stopped");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "the pager \"%s\" %s; set PAGER to "
	    "nothing to print without a pager", pager.command,
	    WIFEXITED(status) && WEXITSTATUS(status) >= 126 ? "cannot be run" :
	    "failed");
}
