/*
 * Signals become bytes on a pipe.  A second one leaves at once: what is on
 * disk can be gone on with from any moment.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"

static int ends[2] = { -1, -1 };
static volatile sig_atomic_t first;

static void
note(int signal)
{
	static const char says[] = "\r\nhlexport: left at once; what was "
	    "written can be resumed\r\n";
	int saved = errno;

	if (first != 0) {
		(void)!write(STDERR_FILENO, says, sizeof(says) - 1);
		_exit(CLI_INTERRUPTED);
	}
	first = signal;
	(void)!write(ends[1], "!", 1);
	errno = saved;
}

int
cli_signals(struct err *err)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = note };
	size_t i;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return err_errno(err, ERR_INTERNAL, "make a pipe");
	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &action, NULL);
	/* A reader that goes away must not end the export. */
	signal(SIGPIPE, SIG_IGN);
	return ends[0];
}

int
cli_signalled(void)
{
	char byte;

	while (ends[0] != -1 && read(ends[0], &byte, 1) == 1)
		;
	return first;
}

ssize_t
cli_read_line(char *line, size_t size)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = ends[0], .events = POLLIN },
	};
	ssize_t n;

	/* A read alone sleeps on if the signal comes just before it. */
	while (poll(fds, 2, -1) == -1)
		if (errno != EINTR)
			return -1;
	if (fds[1].revents != 0 || cli_signalled() != 0)
		return -1;
	if ((n = read(STDIN_FILENO, line, size - 1)) <= 0)
		return n;
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return n;
}
