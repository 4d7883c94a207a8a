/*
 * A pager between the program and the terminal, as git has one: $PAGER, or
 * less if it is there.  It is started when there is something to show, and
 * what it is given has its control characters visible already.
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

/* What to run; NULL: nothing. */
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

/* Start it with ${in} for standard input; what we ignore it must not. */
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
	 * One screen is just shown, what was read stays there, and lines that
	 * are too long are cut, not wrapped: arrow keys show the rest.
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

/* There is something to show: return where it goes, or -1. */
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
	/* It is the pager's now, which the reader quits in its own way. */
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

/* Was the program told to end, by another than the one who reads? */
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
	/* What it would not take, nobody wanted to read. */
	__fpurge(stdout);
	clearerr(stdout);
	close(pager.fd);
	/* Whoever reads may take all the time there is. */
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
	return err_set(err, ERR_USAGE, "the pager \"%s\" %s; an empty PAGER "
	    "shows the rows without one", pager.command,
	    WIFEXITED(status) && WEXITSTATUS(status) >= 126 ? "can't be run" :
	    "failed");
}
