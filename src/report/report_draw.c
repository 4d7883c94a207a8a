/*
 * Bars as SVG.  Each chart is drawn twice, for a page and for a phone, and the
 * style sheet shows one of them: the text of a chart that is only scaled down
 * would be too small to read.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* Add a value; on a narrow chart, abbreviate a large one. */
static void
add_value(const struct report_chart *chart, double number, bool wide,
    struct text *out)
{
	json_t *value = json_real(number);

	if (!wide && number >= 1e7 && strcmp(chart->unit, "count") == 0)
		report_add_short(number, out);
	else
		report_add_cell(chart->view, value, chart->unit, 40,
		    out);
	json_decref(value);
}

/* "2025-03-01: 4 (errors: 1)", escaped. */
static void
add_bar_text(const struct report_chart *chart, size_t i,
    struct text *out)
{
	const struct report_bar *bar = &chart->bars[i];

	report_add_html(bar->name, strlen(bar->name), out);
	text_adds(out, ": ");
	add_value(chart, bar->value, true, out);
	if (bar->bad > 0 && chart->bad != NULL) {
		text_addf(out, " (%s: ", chart->bad);
		report_add_decimal(bar->bad, 0, out);
		text_addc(out, ')');
	}
}

void
report_draw_open(const struct report_chart *chart, bool wide,
    int width, int height, struct text *out)
{
	const char *kind = wide ? "wide" : "narrow";

	text_addf(out, "<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
	    "aria-labelledby=\"%s-%s-title %s-%s-desc\">\n", kind, width,
	    height, chart->id, kind, chart->id, kind);
	text_addf(out, "<title id=\"%s-%s-title\">", chart->id, kind);
	report_add_html(chart->title, strlen(chart->title), out);
	text_addf(out, "</title>\n<desc id=\"%s-%s-desc\">%zu bar%s. ",
	    chart->id, kind, chart->n, chart->n == 1 ? "" : "s");
	text_adds(out, "The largest is ");
	add_bar_text(chart, report_chart_largest(chart), out);
	text_adds(out, ". A table below has the numbers.</desc>\n");
}

void
report_draw_bar(const struct report_chart *chart, size_t i,
    const double box[4], struct text *out)
{
	const struct report_bar *bar = &chart->bars[i];
	double part = bar->value > 0 ? bar->bad / bar->value : 0;

	if (bar->value <= 0)
		return;
	if (part > 1)
		part = 1;
	text_adds(out, "<g><title>");
	add_bar_text(chart, i, out);
	text_addf(out, "</title><rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" "
	    "width=\"%.1f\" height=\"%.1f\"/>", box[0], box[1], box[2],
	    box[3]);
	if (part > 0 && chart->bad != NULL && chart->horizontal)
		text_addf(out, "<rect class=\"bad\" x=\"%.1f\" y=\"%.1f\" "
		    "width=\"%.1f\" height=\"%.1f\"/>", box[0] + box[2] *
		    (1 - part), box[1], box[2] * part, box[3]);
	else if (part > 0 && chart->bad != NULL)
		text_addf(out, "<rect class=\"bad\" x=\"%.1f\" y=\"%.1f\" "
		    "width=\"%.1f\" height=\"%.1f\"/>", box[0], box[1] +
		    box[3] * (1 - part), box[2], box[3] * part);
	text_adds(out, "</g>\n");
}

void
report_draw_horizontal(const struct report_chart *chart, bool wide,
    struct text *out)
{
	int width = wide ? 900 : 340, row = wide ? 30 : 46;
	double left = wide ? 250 : 0, right = wide ? 110 : 76, box[4], y;
	double max = chart->bars[report_chart_largest(chart)].value;
	struct text name;
	size_t i;

	text_init(&name, SIZE_MAX / 4);
	report_draw_open(chart, wide, width, (int)chart->n * row + 4,
	    out);
	for (i = 0; i < chart->n; i++) {
		const struct report_bar *bar = &chart->bars[i];

		y = (double)i * row;
		/* The nested picture clips a name that is too long. */
		text_addf(out, "<svg x=\"0\" y=\"%.1f\" width=\"%d\" "
		    "height=\"22\"><text x=\"0\" y=\"16\">", y + 2,
		    wide ? 238 : width);
		text_clear(&name);
		report_add_clean(bar->name, strlen(bar->name), wide ?
		    30 : 42, &name);
		report_add_html(name.data, name.len, out);
		text_adds(out, "</text></svg>\n");
		box[0] = left;
		box[1] = wide ? y + 4 : y + 24;
		box[2] = (width - left - right) * bar->value / max;
		box[2] = box[2] < 1 ? 1 : box[2];
		box[3] = wide ? 18 : 14;
		report_draw_bar(chart, i, box, out);
		text_addf(out, "<text class=\"start\" x=\"%.1f\" y=\"%.1f\">",
		    left + box[2] + 8, box[1] + box[3] / 2 + 4.5);
		add_value(chart, bar->value, wide, out);
		text_adds(out, "</text>\n");
	}
	text_adds(out, "</svg>\n");
	text_release(&name);
}
