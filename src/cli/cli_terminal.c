/*
 * Terminal output: everything that the program prints to a terminal goes here.
 *
 * A terminal interprets control characters, and much of the output comes from
 * elsewhere: values of records, names of columns, paths, errors.  So control
 * characters are escaped before they reach a terminal, all
 * but line breaks and tabs.  The program's own escape sequences go
 * through cli_terminal_draw().  Files and pipes get the bytes unchanged.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"

/* Here, unlike in the rest of the room, these are stdio's own streams. */
#undef stdout
#undef stderr

/* An output stream to a terminal; ${held} is an incomplete character. */
struct terminal {
	int fd, to;		/* 1 or 2; the descriptor to write to */
	int (*open)(void);	/* returns ${to} at the first output; or NULL */
	char held[4];
	size_t n;
	FILE *file;
};

static struct terminal terminals[2] = {
	{ .fd = STDOUT_FILENO, .to = STDOUT_FILENO },
	{ .fd = STDERR_FILENO, .to = STDERR_FILENO },
};

static int
put(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n) {
		n = write(fd, data, len);
		if (n == -1 && errno == EINTR && cli_signalled() == 0)
			n = 0;
		else if (n == -1)
			return -1;
	}
	return 0;
}

/* How many bytes at the end may be an incomplete character or CRLF? */
static size_t
unfinished(const char *data, size_t len)
{
	size_t n;

	if (len > 0 && data[len - 1] == '\r')
		return 1;
	for (n = 1; n <= 3 && n <= len; n++) {
		unsigned char c = (unsigned char)data[len - n];

		if (c >= 0xc0)
			return n < (c >= 0xf0 ? 4u : c >= 0xe0 ? 3u : 2u) ?
			    n : 0;
		if (c < 0x80)
			break;
	}
	return 0;
}

void
cli_visible(struct text *text, const char *data, size_t len)
{
	const char *end = data + len;
	size_t n;

	while (data < end) {
		for (n = 0;
		     data + n < end && data[n] != '\n' && data[n] != '\t'; n++)
			;
		if (n > 0 && data + n < end && data[n] == '\n' &&
		    data[n - 1] == '\r') {
			(void)text_add_visible(text, data, n - 1);
			text_addc(text, '\r');
		} else {
			(void)text_add_visible(text, data, n);
		}
		if (data + n < end)
			text_addc(text, data[n++]);
		data += n;
	}
}

static ssize_t
write_visible(void *cookie, const char *data, size_t len)
{
	struct terminal *terminal = cookie;
	struct text all, shown;
	size_t rest;
	int rc;

	text_init(&all, SIZE_MAX / 4);
	text_init(&shown, SIZE_MAX / 4);
	text_add(&all, terminal->held, terminal->n);
	text_add(&all, data, len);
	if (terminal->open != NULL) {
		int fd = terminal->open();

		terminal->open = NULL;
		terminal->to = fd != -1 ? fd : terminal->fd;
	}
	rest = unfinished(all.data, all.len);
	memcpy(terminal->held, &all.data[all.len - rest], rest);
	terminal->n = rest;
	cli_visible(&shown, all.data, all.len - rest);
	rc = put(terminal->to, shown.data, shown.len);
	text_release(&all);
	text_release(&shown);
	return rc == 0 ? (ssize_t)len : 0;
}

static struct terminal *
terminal_of(const FILE *file)
{
	return &terminals[file == cli_stream(STDERR_FILENO)];
}

void
cli_terminals(void)
{
	static const cookie_io_functions_t how = { .write = write_visible };
	size_t i;

	for (i = 0; i < 2; i++) {
		if (!isatty(terminals[i].fd))
			continue;
		terminals[i].file = fopencookie(&terminals[i], "w", how);
		/* Out of memory: exit rather than print unescaped text. */
		if (terminals[i].file == NULL)
			_exit(CLI_STOPPED);
		setvbuf(terminals[i].file, NULL, i == 0 ? _IOLBF : _IONBF, 0);
	}
}

FILE *
cli_stream(int fd)
{
	struct terminal *terminal = &terminals[fd == STDERR_FILENO];

	if (terminal->file != NULL)
		return terminal->file;
	return fd == STDERR_FILENO ? stderr : stdout;
}

int
cli_stream_fd(const FILE *file)
{
	return terminal_of(file)->fd;
}

void
cli_terminal_draw(FILE *file, const char *data, size_t len)
{
	fflush(file);
	(void)put(terminal_of(file)->fd, data, len);
}

/* At the end, print an incomplete character that was held back. */
static void
end(struct terminal *terminal)
{
	struct text shown;

	if (terminal->file == NULL)
		return;
	fflush(terminal->file);
	text_init(&shown, 100);
	cli_visible(&shown, terminal->held, terminal->n);
	(void)put(terminal->to, shown.data, shown.len);
	text_release(&shown);
	terminal->n = 0;
}

void
cli_terminal_page(int (*open)(void))
{
	end(&terminals[0]);
	terminals[0].open = open;
	terminals[0].to = terminals[0].fd;
}

void
cli_terminals_end(void)
{
	end(&terminals[0]);
	end(&terminals[1]);
}
