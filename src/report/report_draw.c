/*
 * Bars as SVG.  Each chart is drawn twice, for a page and for a phone, and the
 * style sheet shows one of them: the text of a chart that is only scaled down
 * would be too small to read.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* ------------------------------------------------------------- horizontal */

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

	escape_html(out, bar->name, strlen(bar->name));
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
	escape_html(out, chart->title, strlen(chart->title));
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
		escape_html(out, name.data, name.len);
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

/* --------------------------------------------------------------- vertical */

#define CHAR_WIDTH 7.2	/* of the style's 13 px, on average */
#define TICKS_MAX 5

/* The step of the axis: 1, 2 or 5 times a power of ten, at most 5 to ${max}. */
static double
step_of(double max, bool whole)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double step = 1, min = max / TICKS_MAX;
	size_t i;

	while (step > min && step > 1e-12)
		step /= 10;
	while (step * 10 <= min)
		step *= 10;
	for (i = 0; i < 3 && step * steps[i] < min; i++)
		;
	step *= steps[i];
	return whole && step < 1 ? 1 : step;
}

/* The plot area of a chart, and its axis. */
struct plot {
	double left, top, width, height, max, step;
};

/* A value of the axis, with the decimals that the step needs. */
static void
add_tick(const struct report_chart *chart, double value, double step,
    struct text *out)
{
	int digits = 0;

	if (strcmp(chart->unit, "money") != 0) {
		report_add_short(value, out);
		return;
	}
	for (; step < 0.999 && digits < 12; step *= 10)
		digits++;
	report_add_money(value, digits == 1 ? 2 : digits,
	    chart->view->currency, out);
}

static void
set_plot(struct plot *plot, const struct report_chart *chart,
    int width, int height)
{
	double max = chart->bars[report_chart_largest(chart)].value;
	struct text label;
	size_t columns = 1, len;
	int i;

	plot->step = step_of(max, strcmp(chart->unit, "count") == 0);
	plot->max = 0;
	text_init(&label, SIZE_MAX / 4);
	for (i = 0; i <= TICKS_MAX + 1 && (i < 2 || plot->max < max); i++) {
		plot->max = plot->step * i;
		text_clear(&label);
		add_tick(chart, plot->max, plot->step, &label);
		len = utf8_width(label.data, label.len);
		columns = len > columns ? len : columns;
	}
	text_release(&label);
	plot->left = (double)columns * CHAR_WIDTH + 10;
	plot->top = 10;
	plot->width = width - plot->left - 4;
	plot->height = height - plot->top - 28;
}

static void
draw_grid(const struct plot *plot, const struct report_chart *chart,
    struct text *out)
{
	double value, y;
	int i;

	for (i = 0; (value = plot->step * i) <= plot->max * 1.001; i++) {
		y = plot->top + plot->height * (1 - value / plot->max);
		text_addf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" "
		    "x2=\"%.1f\" y2=\"%.1f\"/>", i == 0 ? "axis" : "grid",
		    plot->left, y, plot->left + plot->width, y);
		text_addf(out, "<text class=\"end\" x=\"%.1f\" y=\"%.1f\">",
		    plot->left - 8, y + 4.5);
		add_tick(chart, value, plot->step, out);
		text_adds(out, "</text>\n");
	}
}

/* Labels below the bars, as many as fit side by side. */
static void
draw_labels(const struct plot *plot, const struct report_chart *chart,
    struct text *out)
{
	double each = plot->width / (double)chart->n, taken = 0, width, x;
	double end = plot->left + plot->width;
	size_t i, columns, widest = 1, step;

	for (i = 0; i < chart->n; i++) {
		columns = utf8_width(chart->bars[i].label,
		    strlen(chart->bars[i].label));
		widest = columns > widest ? columns : widest;
	}
	/* Long labels need half of their width between them to be readable. */
	width = (double)widest * CHAR_WIDTH * (widest > 8 ? 1.5 : 1) + 10;
	step = (size_t)(width / each) + 1;
	for (i = 0; i < chart->n; i += step) {
		const char *label = chart->bars[i].label;

		width = (double)utf8_width(label, strlen(label)) *
		    CHAR_WIDTH;
		x = plot->left + ((double)i + 0.5) * each - width / 2;
		x = x + width > end ? end - width : x;
		x = x < 0 ? 0 : x;
		if (i > 0 && x < taken)
			continue;
		text_addf(out, "<text class=\"middle\" x=\"%.1f\" y=\"%.1f"
		    "\">", x + width / 2, plot->top + plot->height + 20);
		escape_html(out, label, strlen(label));
		text_adds(out, "</text>\n");
		taken = x + width + 10;
	}
}

void
report_draw_vertical(const struct report_chart *chart, bool wide,
    struct text *out)
{
	int width = wide ? 900 : 340, height = wide ? 260 : 200;
	double each, gap, box[4];
	struct plot plot;
	size_t i;

	set_plot(&plot, chart, width, height);
	each = plot.width / (double)chart->n;
	gap = each > 4 ? each * 0.18 : each * 0.1;
	report_draw_open(chart, wide, width, height, out);
	draw_grid(&plot, chart, out);
	for (i = 0; i < chart->n; i++) {
		box[2] = each - gap < 64 ? each - gap : 64;
		box[0] = plot.left + ((double)i + 0.5) * each - box[2] / 2;
		box[3] = plot.height * chart->bars[i].value / plot.max;
		/* Even the smallest value stays visible. */
		if (box[3] < 1)
			box[3] = 1;
		box[1] = plot.top + plot.height - box[3];
		report_draw_bar(chart, i, box, out);
	}
	draw_labels(&plot, chart, out);
	text_adds(out, "</svg>\n");
}
