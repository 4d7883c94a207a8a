/*
 * A few lines at the bottom of a terminal, redrawn in place.  Messages
 * are printed above them, and the lines are erased at the end.
 *
 * If the window has become narrower since the last drawing, the drawn lines
 * wrap and take more rows: how far to move the cursor up is computed from
 * their widths and the current width of the window.
 */

#include <sys/ioctl.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"

void
cli_screen_init(struct cli_screen *screen, FILE *out)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	*screen = (struct cli_screen){ .out = out };
	screen->is_terminal = isatty(cli_stream_fd(out)) && term != NULL &&
	    strcmp(term, "dumb") != 0;
	screen->has_color = screen->is_terminal &&
	    (no_color == NULL || *no_color == '\0');
}

static void
window(const struct cli_screen *screen, size_t *columns, size_t *rows)
{
	struct winsize size;

	*columns = 80;
	*rows = 24;
	if (ioctl(cli_stream_fd(screen->out), TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 0 && size.ws_row > 0) {
		*columns = size.ws_col;
		*rows = size.ws_row;
	}
}

size_t
cli_screen_width(const struct cli_screen *screen)
{
	size_t columns, rows;

	window(screen, &columns, &rows);
	return columns;
}

/* Add the escapes that move the cursor to the drawing's start and erase it. */
static void
add_way_back(const struct cli_screen *screen, struct text *text)
{
	size_t columns, rows, i, up = 0;

	if (screen->drawn == 0)
		return;
	window(screen, &columns, &rows);
	for (i = 0; i < screen->drawn; i++)
		up += screen->widths[i] > columns ?
		    (screen->widths[i] + columns - 1) / columns : 1;
	if (up >= rows)
		up = rows - 1;
	text_addf(text, "\r\033[%zuA\033[J", up);
}

/* Does ${line} begin with a color escape?  Return its length, or 0. */
static size_t
color_at(const char *line)
{
	size_t n;

	if (line[0] != '\033' || line[1] != '[')
		return 0;
	n = 2 + strspn(&line[2], "0123456789;");
	return line[n] == 'm' ? n + 1 : 0;
}

/* A copy of the line with all control characters but colors escaped. */
static char *
visible_line(const char *line)
{
	struct text text;
	size_t n;

	text_init(&text, SIZE_MAX / 4);
	while (*line != '\0') {
		if ((n = color_at(line)) > 0) {
			text_add(&text, line, n);
		} else {
			n = 1 + strcspn(&line[1], "\033");
			(void)text_add_visible(&text, line, n);
		}
		line += n;
	}
	return text.data != NULL ? text_take(&text) : mem_text("");
}

/* The width of a line in columns, not counting color escapes. */
static size_t
width_of(const char *line)
{
	size_t n = 0, color;

	for (; *line != '\0'; line++) {
		if ((color = color_at(line)) > 0) {
			line += color - 1;
			continue;
		}
		n += ((unsigned char)*line & 0xc0) != 0x80;
	}
	return n;
}

/* Add at most ${columns} of a line. */
static void
add_cut(struct text *text, const char *line, size_t columns)
{
	size_t n = 0, color;

	for (; *line != '\0'; line++) {
		if ((color = color_at(line)) > 0) {
			text_add(text, line, color);
			line += color - 1;
			continue;
		}
		n += ((unsigned char)*line & 0xc0) != 0x80;
		if (n <= columns)
			text_addc(text, *line);
	}
}

static void
write_all(const struct cli_screen *screen, struct text *text)
{
	cli_terminal_draw(screen->out, text->data, text->len);
	text_release(text);
}

void
cli_screen_draw(struct cli_screen *screen, char *const *lines, size_t n)
{
	size_t columns, rows, i;
	struct text text;
	char *line;

	if (!screen->is_terminal)
		return;
	window(screen, &columns, &rows);
	if (n > rows - 1)
		n = rows - 1;
	text_init(&text, 1 << 20);
	add_way_back(screen, &text);
	screen->widths = mem_need(screen->widths, n + 1, &screen->capacity,
	    sizeof(*screen->widths));
	/* Turn off wrapping, so that each line takes one row. */
	text_adds(&text, "\033[?7l");
	for (i = 0; i < n; i++) {
		line = visible_line(lines[i]);
		add_cut(&text, line, columns);
		text_adds(&text, "\n");
		screen->widths[i] = width_of(line) < columns ?
		    width_of(line) : columns;
		free(line);
	}
	text_adds(&text, "\033[?7h");
	screen->drawn = n;
	write_all(screen, &text);
}

void
cli_screen_say(
    struct cli_screen *screen, const char *color, const char *reported)
{
	const char *on = screen->has_color ? color : "";
	struct text text;

	cli_screen_clear(screen);
	text_init(&text, SIZE_MAX / 4);
	text_adds(&text, on);
	cli_visible(&text, reported, strlen(reported));
	text_addf(&text, "%s\n", *on != '\0' ? "\033[0m" : "");
	if (screen->is_terminal)
		cli_terminal_draw(screen->out, text.data, text.len);
	else
		fprintf(screen->out, "%s\n", reported);
	text_release(&text);
}

void
cli_screen_clear(struct cli_screen *screen)
{
	struct text text;

	text_init(&text, 4096);
	add_way_back(screen, &text);
	screen->drawn = 0;
	write_all(screen, &text);
}

void
cli_screen_release(struct cli_screen *screen)
{
	cli_screen_clear(screen);
	free(screen->widths);
}
