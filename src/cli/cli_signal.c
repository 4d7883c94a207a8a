/*
 * Signals become bytes on a pipe.  A second signal ends the process at once, as
 * does the first if the program has not ended in time.  That is safe: an
 * export can be resumed from whatever is on disk.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"

/* Seconds to wait for work in progress, and for a statement past --timeout. */
#define LEAVE_WITHIN 20
#define STOP_WITHIN 5

static int ends[2] = { -1, -1 };
static volatile sig_atomic_t first;

static void
note(int signal)
{
	static const char left[] = "\r\nhlexport: stopped immediately; the "
	    "export can be resumed\r\n", late[] = "hlexport: --timeout "
	    "expired, and the query did not stop in time; nothing was "
	    "written\n";
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	int saved = errno;

	if (first != 0) {
		bool is_late = first == SIGALRM;

		/* Don't block on a pipe that nobody reads. */
		if (poll(&fd, 1, 0) == 1)
			(void)!write(STDERR_FILENO, is_late ? late : left,
			    (is_late ? sizeof(late) : sizeof(left)) - 1);
		_exit(is_late ? CLI_STOPPED : CLI_INTERRUPTED);
	}
	first = signal;
	alarm(signal == SIGALRM ? STOP_WITHIN : LEAVE_WITHIN);
	(void)!write(ends[1], "!", 1);
	errno = saved;
}

/*
 * A library threw an exception that nothing catches (DuckDB is C++): treat that
 * like any other error; the library has already printed the reason.
 */
static void
give_up(int signal)
{
	static const char says[] = "hlexport: DuckDB aborted, see above; "
	    "nothing was written\n";

	(void)signal;
	(void)!write(STDERR_FILENO, says, sizeof(says) - 1);
	_exit(CLI_STOPPED);
}

void
cli_catch_abort(void)
{
	struct sigaction action = { .sa_handler = give_up };

	sigemptyset(&action.sa_mask);
	sigaction(SIGABRT, &action, NULL);
}

void
cli_timeout(uint64_t seconds)
{
	if (seconds > 0)
		alarm((unsigned)seconds);
}

bool
cli_is_timed_out(void)
{
	return first == SIGALRM;
}

int
cli_signals(struct err *err)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };
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
	int saved = errno;
	char byte;

	while (ends[0] != -1 && read(ends[0], &byte, 1) == 1)
		;
	errno = saved;
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

	/* A plain read() would block if the signal came just before it. */
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
