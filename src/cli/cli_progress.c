/*
 * The progress display of a running export.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define BAR_MS 125		/* between two drawings */
#define SMOOTH_MS 8000.0	/* the time over which rates are averaged */
#define SURE_MS 3000		/* no estimate of the time left before this */

enum how { BAR, PLAIN, JSON, NONE };

struct cli_progress {
	enum how how;
	struct log *log;
	bool quiet;
	struct cli_screen screen;
	int64_t every;		/* milliseconds from line to line */
	int64_t next;		/* when to show it again */
	int64_t last;		/* when the rates were last computed */
	uint64_t records, pages;	/* at that time */
	double records_rate, pages_rate;	/* a second */
	double left;		/* seconds, smoothed; -1: not known */
	double part;		/* fraction of the work done; never shrinks */
};

static enum how
how_of(const char *name, const struct cli_screen *screen)
{
	if (strcmp(name, "bar") == 0)
		return screen->is_terminal ? BAR : PLAIN;
	if (strcmp(name, "plain") == 0)
		return PLAIN;
	if (strcmp(name, "json") == 0)
		return JSON;
	if (strcmp(name, "none") == 0)
		return NONE;
	return screen->is_terminal ? BAR : PLAIN;
}

struct cli_progress *
cli_progress_new(const struct config *config, struct log *log, bool quiet)
{
	struct cli_progress *progress = mem_zero(1, sizeof(*progress));

	progress->log = log;
	progress->quiet = quiet;
	progress->left = -1;
	cli_screen_init(&progress->screen, stderr);
	progress->how = quiet ? NONE : how_of(config_text(config,
	    "progress"), &progress->screen);
	progress->every = (int64_t)config_number(config,
	    "progress-every") * 1000;
	progress->last = clock_ms();
	progress->next = progress->last +
	    (progress->how == BAR ? 0 : progress->every);
	return progress;
}

/* Print new messages above the display. */
static void
show_messages(struct cli_progress *progress)
{
	static const char *const colors[] = { "\033[31m", "\033[33m", "",
	    "" };
	enum log_level level;
	struct text line;

	text_init(&line, 1 << 16);
	while (log_take(progress->log, &level, &line)) {
		cli_screen_say(&progress->screen, colors[level], line.data);
		if (progress->how == BAR)
			progress->next = 0;
	}
	text_release(&line);
}

/*
 * An exponentially weighted average; at first, over the ${age} milliseconds
 * since the start.
 */
static double
smooth(double old, double new, double ms, int64_t age)
{
	double over = age < SMOOTH_MS ? (double)age : SMOOTH_MS;

	return ms >= over ? new : old + (new - old) * ms / over;
}

static double
part_done(const struct run_progress *now)
{
	double all = (double)now->pages_done + now->pages_left;

	return all > 0 ? (double)now->pages_done / all : 0;
}

static void
work_out_rates(struct cli_progress *progress, const struct run_progress *now)
{
	int64_t offset = clock_ms();
	double ms = (double)(offset - progress->last), left;

	if (part_done(now) > progress->part)
		progress->part = part_done(now);
	if (ms < 50)
		return;
	progress->records_rate = smooth(progress->records_rate,
	    (double)(now->records - progress->records) * 1000 / ms, ms,
	    now->ms);
	progress->pages_rate = smooth(progress->pages_rate,
	    (double)(now->pages_done - progress->pages) * 1000 / ms, ms,
	    now->ms);
	progress->records = now->records;
	progress->pages = now->pages_done;
	progress->last = offset;
	if (now->ms < SURE_MS || progress->pages_rate <= 0)
		return;
	left = now->pages_left / progress->pages_rate;
	/* Count down steadily, and correct the estimate gradually. */
	progress->left = progress->left < 0 ? left :
	    smooth(progress->left - ms / 1000, left, ms, (int64_t)SMOOTH_MS);
	if (progress->left < 0)
		progress->left = 0;
}

static char *
head_line(const struct cli_progress *progress, const struct run_progress *now,
    size_t columns)
{
	size_t width = columns > 100 ? 40 : columns > 60 ? 24 : 10, i, full;
	double part = progress->part;
	char done[32], total[32], left[24];
	struct text line;

	text_init(&line, 4096);
	text_human_count(now->units_done, done);
	if (now->units_total >= 0)
		text_human_count((unsigned long long)now->units_total,
		    total);
	else
		snprintf(total, sizeof(total), "?");
	text_addf(&line, "%s %s/%s  [", now->unit, done, total);
	full = (size_t)(part * (double)width + 0.5);
	for (i = 0; i < width; i++)
		text_addc(&line, i < full ? '#' : '-');
	text_addf(&line, "] %2.0f%%", part * 100);
	if (progress->left >= 0) {
		text_human_time((long long)progress->left * 1000 + 999,
		    left);
		*strchrnul(left, '.') = '\0';
		text_addf(&line, "  about %s%s left", left,
		    strchr(left, 'm') != NULL || strchr(left, 'h') != NULL ?
		    "" : " s");
	}
	return text_take(&line);
}

static char *
current_line(const struct run_current *current, size_t columns)
{
	size_t width = columns > 44 ? columns - 40 : 16, len;
	const char *name = current->name;
	char records[32], total[32];

	if (width > 60)
		width = 60;
	len = strlen(name);
	text_human_count(current->records, records);
	if (current->total >= 0)
		text_human_count((unsigned long long)current->total, total);
	else
		snprintf(total, sizeof(total), "?");
	/* Show the end of a long name, cut between characters. */
	if (len > width)
		name += len - width;
	while (name > current->name && (*name & 0xc0) == 0x80)
		name++;
	return mem_format("  %s%-*s %12s / %s", len > width ? "<" : " ",
	    (int)width, name, records, total);
}

static char *
foot_line(const struct cli_progress *progress, const struct run_progress *now)
{
	char records[32], rate[32], bytes[16], time[24], retries[32];
	struct text line;

	text_init(&line, 4096);
	text_human_count((unsigned long long)(progress->records_rate + 0.5),
	    rate);
	text_human_bytes(now->http.bytes, bytes);
	text_human_time(now->ms, time);
	text_human_count(now->http.retries, retries);
	text_human_count(now->records, records);
	text_addf(&line, "%s records, %s/s, %s, %u in flight, %s retries",
	    records, rate, bytes, now->http.under_way, retries);
	if (now->gaps > 0)
		text_addf(&line, ", %s%" PRIu64 " gaps%s",
		    progress->screen.has_color ? "\033[33m" : "", now->gaps,
		    progress->screen.has_color ? "\033[0m" : "");
	text_addf(&line, ", %s", time);
	if (now->http.pause_ms > 0) {
		text_human_time(now->http.pause_ms, time);
		text_addf(&line, "; waiting %s as the server asked", time);
	}
	return text_take(&line);
}

static void
draw(struct cli_progress *progress, const struct run_progress *now)
{
	size_t columns = cli_screen_width(&progress->screen), n = 0, i;
	char *lines[RUN_CURRENT + 2];

	lines[n++] = head_line(progress, now, columns);
	for (i = 0; i < now->n_current; i++)
		lines[n++] = current_line(&now->current[i], columns);
	lines[n++] = foot_line(progress, now);
	cli_screen_draw(&progress->screen, lines, n);
	for (i = 0; i < n; i++)
		free(lines[i]);
}

static void
print_line(struct cli_progress *progress, const struct run_progress *now)
{
	char *head = head_line(progress, now, 60);
	char *foot = foot_line(progress, now);

	fprintf(stderr, "%s; %s\n", head, foot);
	free(head);
	free(foot);
}

static void
print_json(const struct cli_progress *progress,
    const struct run_progress *now)
{
	json_t *json = json_object();
	char *line;

	json_object_set_new(json, "unit", json_string(now->unit));
	json_object_set_new(json, "units_done",
	    json_integer((json_int_t)now->units_done));
	json_object_set_new(json, "units_total", now->units_total < 0 ?
	    json_null() : json_integer(now->units_total));
	json_object_set_new(json, "records",
	    json_integer((json_int_t)now->records));
	json_object_set_new(json, "bytes",
	    json_integer((json_int_t)now->http.bytes));
	json_object_set_new(json, "requests",
	    json_integer((json_int_t)now->http.requests));
	json_object_set_new(json, "retries",
	    json_integer((json_int_t)now->http.retries));
	json_object_set_new(json, "in_flight",
	    json_integer((json_int_t)now->http.under_way));
	json_object_set_new(json, "gaps",
	    json_integer((json_int_t)now->gaps));
	json_object_set_new(json, "seconds",
	    json_real((double)now->ms / 1000));
	json_object_set_new(json, "seconds_left", progress->left < 0 ?
	    json_null() : json_real(progress->left));
	line = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));
	fprintf(stderr, "%s\n", line);
	free(line);
	json_decref(json);
}

void
cli_progress_show(struct cli_progress *progress, const struct run *run)
{
	struct run_progress now;
	int64_t offset = clock_ms();

	show_messages(progress);
	if (progress->how == NONE || run == NULL || offset < progress->next)
		return;
	run_progress(run, &now);
	work_out_rates(progress, &now);
	switch (progress->how) {
	case BAR:
		draw(progress, &now);
		progress->next = offset + BAR_MS;
		break;
	case PLAIN:
		print_line(progress, &now);
		progress->next = offset + progress->every;
		break;
	case JSON:
		print_json(progress, &now);
		progress->next = offset + progress->every;
		break;
	case NONE:
		break;
	}
}

void
cli_progress_free(struct cli_progress *progress)
{
	if (progress == NULL)
		return;
	show_messages(progress);
	cli_screen_release(&progress->screen);
	free(progress);
}
