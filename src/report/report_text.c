/*
 * A report as text for a terminal that is 80 columns wide.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#define WIDTH 80
#define ROWS_MAX 50
#define TOP_MAX 10

static void
repeat(struct text *out, const char *what, size_t n)
{
	while (n-- > 0)
		text_adds(out, what);
}

static void
add_title(const char *title, struct text *out)
{
	struct text clean;
	size_t i;

	text_init(&clean, SIZE_MAX / 4);
	report_add_clean(title, strlen(title), WIDTH, &clean);
	for (i = 0; i < clean.len; i++)
		text_addc(out, clean.data[i] >= 'a' && clean.data[i] <= 'z' ?
		    (char)(clean.data[i] - 'a' + 'A') : clean.data[i]);
	text_addc(out, '\n');
	repeat(out, "-", 40);
	text_addc(out, '\n');
	text_release(&clean);
}

/*
 * Add a wrapped paragraph: ${first} begins its first line and the others are
 * indented by the same width.
 */
static void
add_wrapped(const char *first, const char *text, struct text *out)
{
	size_t indent = utf8_width(first, strlen(first));
	size_t offset = indent, len, width;
	struct text clean;
	const char *p;

	text_init(&clean, SIZE_MAX / 4);
	report_add_clean(text, strlen(text), 2000, &clean);
	text_adds(out, first);
	for (p = clean.data; p != NULL && *p != '\0'; p += len) {
		p += strspn(p, " ");
		if (*p == '\0')
			break;
		/* A word, or as much of it as fits into a line. */
		len = strcspn(p, " ");
		while ((width = utf8_width(p, len)) >
		    WIDTH - indent)
			for (len--; (p[len] & 0xc0) == 0x80; len--)
				;
		if (offset > indent && offset + 1 + width > WIDTH) {
			text_addc(out, '\n');
			repeat(out, " ", indent);
			offset = indent;
		} else if (offset > indent) {
			text_addc(out, ' ');
			offset++;
		}
		text_add(out, p, len);
		offset += width;
	}
	text_addc(out, '\n');
	text_release(&clean);
}

static void
add_head(const struct report_view *view, struct text *out)
{
	struct text title;
	char *name;
	json_t *row;
	size_t i, width;

	text_init(&title, SIZE_MAX / 4);
	report_add_clean(view->title, strlen(view->title), WIDTH,
	    &title);
	width = utf8_width(title.data, title.len);
	repeat(out, "=", width);
	text_addf(out, "\n%s\n", title.data);
	repeat(out, "=", width);
	text_adds(out, "\n\n");
	text_release(&title);
	if (view->warning != NULL) {
		add_wrapped("WARNING: ", view->warning, out);
		text_addc(out, '\n');
	}
	json_array_foreach(view->head, i, row) {
		name = mem_format("%s:", json_string_value(json_array_get(row,
		    0)));
		text_addf(&title, "%-11s ", name);
		add_wrapped(title.data, json_string_value(json_array_get(row,
		    1)), out);
		text_release(&title);
		free(name);
	}
	text_adds(out, json_array_size(view->head) > 0 ? "\n" : "");
	if (view->empty)
		text_adds(out, "No records match, so there is nothing to "
		    "report.\n\n");
}

static void
add_metrics(const struct report_view *view, const json_t *section,
    struct text *out)
{
	struct text value;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(section, "rows"), i, row) {
		const json_t *number = json_array_get(row, 1);
		const char *unit = json_string_value(json_array_get(row, 2));

		text_init(&value, SIZE_MAX / 4);
		report_add_cell(view, number, unit, WIDTH, &value);
		text_addf(out, "%-22s %14s", json_string_value(json_array_get(
		    row, 0)), value.data);
		if (report_long(row)) {
			text_adds(out, "  (");
			report_add_long(json_number_value(number), out);
			text_addc(out, ')');
		}
		text_addc(out, '\n');
		text_release(&value);
	}
}

/* Does the section show only its largest rows, as it may be long? */
static bool
is_top(const json_t *section)
{
	return report_role(section, "tools") ||
	    report_role(section, "agents") ||
	    report_role(section, "errors");
}

static void
add_section(const struct report_view *view, const json_t *section,
    struct text *out)
{
	const char *title = report_string(section, "title");
	const char *note = report_string(section, "note");
	size_t limit = is_top(section) ? TOP_MAX : ROWS_MAX;
	struct text left_out;

	if (is_top(section))
		title = report_role(section, "tools") ? "Top Tools" :
		    report_role(section, "agents") ? "Top Agents" :
		    "Top Errors";
	add_title(title, out);
	if (report_is_metrics(section))
		add_metrics(view, section, out);
	else
		report_add_grid(view, section, WIDTH, limit, out);
	text_init(&left_out, SIZE_MAX / 4);
	if (!report_is_metrics(section))
		report_add_left_out(section, limit, &left_out);
	if (left_out.len > 0)
		add_wrapped("", left_out.data, out);
	if (note != NULL)
		add_wrapped("", note, out);
	text_addc(out, '\n');
	text_release(&left_out);
}

void
report_text(const json_t *report, struct text *out)
{
	struct report_view view;
	json_t *section, *note;
	size_t i, n = 0;

	report_view_init(&view, report);
	add_head(&view, out);
	json_array_foreach(view.sections, i, section)
		add_section(&view, section, out);
	json_array_foreach(json_object_get(report, "notes"), i, note) {
		if (!json_is_string(note))
			continue;
		if (n++ == 0)
			add_title("Notes", out);
		add_wrapped("* ", json_string_value(note), out);
	}
	/* No empty line at the end. */
	if (n == 0 && out->len > 0 && !out->over)
		out->data[--out->len] = '\0';
	report_view_release(&view);
}
