/*
 * The outcome of an export: for people, as JSON, and for export.log.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define GAPS_SHOWN 20

/* "prompt 2, tool 1" */
static void
add_kinds(struct text *text, const struct audit_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->n_kinds; i++)
		text_addf(text, "%s%s %" PRIu64, i > 0 ? ", " : "",
		    summary->kinds[i].name, summary->kinds[i].count);
}

static void
print_counts(FILE *out, const struct audit_summary *summary)
{
	char count[32], bytes[16];
	struct text kinds;
	size_t i;

	for (i = 0; i < summary->n_counts; i++) {
		if (summary->counts[i].records == 0)
			continue;
		text_human_count(summary->counts[i].records, count);
		fprintf(out, "  %-18s %12s", summary->counts[i].resource,
		    count);
		text_init(&kinds, 1000);
		if (summary->unit != NULL && strcmp(summary->unit,
		    summary->counts[i].resource) == 0)
			add_kinds(&kinds, summary);
		if (kinds.len > 0)
			fprintf(out, "   (%s)", kinds.data);
		fputc('\n', out);
		text_release(&kinds);
	}
	text_human_count(summary->files, count);
	text_human_bytes(summary->bytes, bytes);
	fprintf(out, "\n  %s files on disk, %s\n", count, bytes);
	if (summary->changed > 0)
		fprintf(out, "  %" PRIu64 " record%s changed during the "
		    "export; the later version was kept\n", summary->changed,
		    summary->changed == 1 ? "" : "s");
}

static void
print_figures(FILE *out, const struct cli_outcome *result)
{
	const struct run_progress *progress = &result->progress;
	char requests[32], retries[32], time[24], bytes[16];

	text_human_count(progress->http.requests, requests);
	text_human_count(progress->http.retries, retries);
	text_human_bytes(progress->http.bytes, bytes);
	text_human_time(progress->ms, time);
	fprintf(out, "  %s requests, %s retries, %s received, %s\n",
	    requests, retries, bytes, time);
}

/* Name one gap in a line of words. */
static void
print_gap(FILE *out, const struct manifest_gap *gap)
{
	struct text why;
	char where[96];

	text_init(&why, 4096);
	if (gap->why != NULL)
		text_add_visible(&why, gap->why, strlen(gap->why));
	manifest_gap_where(gap, where);
	fprintf(out, "  missing  %s%s", gap->listing, where);
	fprintf(out, ": %s", why.len > 0 ? why.data : "unknown");
	if (gap->request != NULL) {
		text_clear(&why);
		text_add_visible(&why, gap->request, strlen(gap->request));
		fprintf(out, " (request %s)", why.data);
	}
	fputc('\n', out);
	if (gap->url != NULL) {
		text_clear(&why);
		text_add_visible(&why, gap->url, strlen(gap->url));
		fprintf(out, "           %s\n", why.data);
	}
	text_release(&why);
}

static void
print_gaps(FILE *out, const struct audit_summary *summary)
{
	const struct manifest_gap *gap = summary->gaps;
	uint64_t n = 0;

	if (summary->n_gaps == 0)
		return;
	fputc('\n', out);
	for (; gap != NULL && n < GAPS_SHOWN; gap = gap->next, n++)
		print_gap(out, gap);
	if (gap != NULL)
		fprintf(out, "  and %" PRIu64 " more; see the \"gap\" lines "
		    "of " MANIFEST_NAME "\n", summary->n_gaps - n);
}

static void
print_title(FILE *out, const struct audit_summary *summary,
    const struct cli_outcome *result)
{
	switch (result->state) {
	case RUN_COMPLETE:
		fprintf(out, "Export complete: %s\n\n", result->where);
		return;
	case RUN_ALREADY:
		fprintf(out, "Export already complete before this run: %s\n\n",
		    result->where);
		return;
	case RUN_DAMAGED:
		fprintf(out, "Export damaged after it was complete: %s\n\n",
		    result->where);
		return;
	case RUN_GAPS:
		if ((summary->adopted || !summary->is_native) &&
		    summary->n_gaps == 0)
			return;
		fprintf(out, "Export finished, %" PRIu64 " gap%s: %s\n\n",
		    summary->n_gaps, summary->n_gaps == 1 ? "" : "s",
		    result->where);
		return;
	case RUN_INTERRUPTED:
		fprintf(out, "Export interrupted: %s\n\n", result->where);
		return;
	case RUN_STOPPED:
	case RUN_GOING:
		fprintf(out, "Export %s: %s\n\n", result->is_busy ?
		    "running" : "stopped", result->where);
		return;
	}
}

static void
print_next(FILE *out, const struct audit_summary *summary,
    const struct cli_outcome *result)
{
	fputc('\n', out);
	if (result->is_busy) {
		fprintf(out, "Another process is working on this export.\n");
		return;
	}
	if (result->is_archive) {
		fprintf(out, "To verify the archive:\n  hlexport verify %s\n",
		    cli_word(result->where));
		return;
	}
	if (result->state == RUN_DAMAGED) {
		fprintf(out, "To restore only what is damaged or missing:\n  "
		    "hlexport repair %s\n",
		    cli_place_words(result->source, result->where));
		return;
	}
	/* One that was stopped may be sealed, and yet not all on the disk. */
	if (summary->sealed && result->state != RUN_STOPPED &&
	    !summary->lacks) {
		if (summary->unreported == 0)
			fprintf(out, "All counts agree with the server's "
			    "totals.  ");
		else
			fprintf(out, "%" PRIu64 " list%s no server total to "
			    "compare with and %s read to the end; all other "
			    "counts agree.\n", summary->unreported,
			    summary->unreported == 1 ? " has" : "s have",
			    summary->unreported == 1 ? "was" : "were");
		fprintf(out, "To check the files:\n  cd %s && sha256sum "
		    "--quiet -c SHA256SUMS\n", cli_word(result->where));
		return;
	}
	if (summary->adopted && summary->accepted == NULL) {
		fprintf(out, "%sTo list what is damaged or missing, as far as "
		    "hlexport can tell:\n  hlexport verify %s\n",
		    summary->n_gaps == 0 ? "Another tool made this export, "
		    "and no server has confirmed that it is complete.  " : "",
		    cli_word(result->where));
		if (result->retired != NULL)
			return;
	}
	if (summary->accepted != NULL) {
		fprintf(out, "On %.10s the owner accepted the findings in "
		    "this export.  To check for new ones:\n  hlexport verify "
		    "%s\n", summary->accepted,
		    cli_word(result->where));
		return;
	}
	if (result->retired != NULL) {
		fprintf(out, "%s was shut down; what is missing can no "
		    "longer be fetched.  To accept the export as it is:\n"
		    "  hlexport verify --accept %s\n", result->retired,
		    cli_word(result->where));
		return;
	}
	fprintf(out, "%s:\n  hlexport --resume %s\n",
	    summary->n_gaps > 0 && result->state == RUN_GAPS ?
	    "To fetch only what is missing" :
	    "To resume it", cli_place_words(result->source,
	    result->where));
}

void
cli_outcome_print(FILE *out, const struct audit_summary *summary,
    const struct cli_outcome *result)
{
	print_title(out, summary, result);
	print_counts(out, summary);
	if (summary->options != NULL && !summary->adopted)
		cli_scope_print(out, result->source, summary->options);
	if (result->ran && result->state != RUN_ALREADY)
		print_figures(out, result);
	print_gaps(out, summary);
	if (summary->is_hurt)
		fprintf(out, "\n  damaged  " MANIFEST_NAME "\n");
	if (summary->absent > 0)
		fprintf(out, "\n  damaged  %" PRIu64 " file%s missing or the "
		    "wrong size: %s%s\n", summary->absent,
		    summary->absent == 1 ? " is" : "s are",
		    summary->first_absent, summary->absent > 1 ? ", ..." :
		    "");
	if (summary->unfinished > 0 && result->state == RUN_GAPS)
		fprintf(out, "\n  %" PRIu64 " listing%s not finished\n",
		    summary->unfinished,
		    summary->unfinished == 1 ? " is" : "s are");
	if (summary->unmarked > 0)
		fprintf(out, "\n  %" PRIu64 " file%s no .done marker: "
		    "not fully exported\n", summary->unmarked,
		    summary->unmarked == 1 ? " has" : "s have");
	if (summary->is_native)
		print_next(out, summary, result);
	else
		fprintf(out, "\nTo list what is damaged or missing, as far as "
		    "hlexport can tell:\n  hlexport verify %s\n",
		    cli_word(result->where));
}

static const char *
word_for(const struct audit_summary *summary, const struct cli_outcome *result)
{
	if (result->is_busy)
		return "running";
	switch (result->state) {
	case RUN_COMPLETE:
	case RUN_ALREADY:
		return "complete";
	case RUN_GAPS:
		return summary->is_native && (!summary->adopted ||
		    summary->n_gaps > 0) ? "gaps" : "unknown";
	case RUN_DAMAGED:
		return "damaged";
	case RUN_INTERRUPTED:
		return "interrupted";
	case RUN_STOPPED:
	case RUN_GOING:
		break;
	}
	return "stopped";
}

static void
put_count(json_t *json, const char *key, uint64_t value)
{
	json_object_set_new(json, key, json_integer((json_int_t)value));
}

static json_t *
json_gap(const struct manifest_gap *gap)
{
	json_t *json = json_object();
	struct {
		const char *key;
		int64_t value;
	} numbers[] = { { "first", gap->first }, { "count", gap->count },
	    { "record", gap->record }, { "have", gap->have },
	    { "total", gap->total }, { "expected", gap->expected },
	    { "status", gap->status } };
	size_t i;

	json_object_set_new(json, "listing", json_string(gap->listing));
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].value >= 0)
			json_object_set_new(json, numbers[i].key,
			    json_integer(numbers[i].value));
	if (gap->first >= 0 && gap->count > 1 && !gap->by_time &&
	    gap->first % gap->count == 0)
		json_object_set_new(json, "page",
		    json_integer(gap->first / gap->count + 1));
	if (gap->url != NULL)
		json_object_set_new(json, "url", json_string(gap->url));
	if (gap->why != NULL)
		json_object_set_new(json, "why", json_string(gap->why));
	if (gap->path != NULL)
		json_object_set_new(json, "path", json_string(gap->path));
	if (gap->request != NULL)
		json_object_set_new(json, "request_id",
		    json_string(gap->request));
	if (gap->by_time)
		json_object_set_new(json, "seconds", json_true());
	return json;
}

static void
set_figures(json_t *json, const struct cli_outcome *result)
{
	const struct run_progress *progress = &result->progress;

	put_count(json, "requests", progress->http.requests);
	put_count(json, "retries", progress->http.retries);
	put_count(json, "bytes_received", progress->http.bytes);
	put_count(json, "duration_ms", (uint64_t)progress->ms);
	put_count(json, "exit", (uint64_t)result->status);
	if (result->err.kind != ERR_NONE)
		json_object_set_new(json, "error",
		    json_string(result->err.text));
}

json_t *
cli_outcome_json(const struct audit_summary *summary,
    const struct cli_outcome *result)
{
	json_t *json = json_object(), *records = json_object();
	json_t *kinds = json_object(), *gaps = json_array();
	const struct manifest_gap *gap;
	size_t i;

	json_object_set_new(json, "status",
	    json_string(word_for(summary, result)));
	json_object_set_new(json, result->is_archive ? "file" : "directory",
	    json_string(result->where));
	json_object_set_new(json, "source", json_string(summary->source));
	if (summary->server != NULL)
		json_object_set_new(json, "server",
		    json_string(summary->server));
	if (summary->adopted_when != NULL)
		json_object_set_new(json, "adopted_when",
		    json_string(summary->adopted_when));
	if (summary->started != NULL)
		json_object_set_new(json, "started",
		    json_string(summary->started));
	if (summary->options != NULL && !summary->adopted) {
		json_object_set(json, "options", summary->options);
		json_object_set_new(json, "scope", cli_scope(result->source,
		    summary->options));
	}
	for (i = 0; i < summary->n_counts; i++)
		put_count(records, summary->counts[i].resource,
		    summary->counts[i].records);
	json_object_set_new(json, "records", records);
	for (i = 0; i < summary->n_kinds; i++)
		put_count(kinds, summary->kinds[i].name,
		    summary->kinds[i].count);
	json_object_set_new(json, "kinds", kinds);
	put_count(json, "files", summary->files);
	put_count(json, "bytes", summary->bytes);
	for (gap = summary->gaps; gap != NULL; gap = gap->next)
		json_array_append_new(gaps, json_gap(gap));
	json_object_set_new(json, "gaps", gaps);
	put_count(json, "changed", summary->changed);
	put_count(json, "files_absent", summary->absent);
	if (summary->accepted != NULL)
		json_object_set_new(json, "accepted_when",
		    json_string(summary->accepted));
	if (!summary->is_native || summary->adopted)
		put_count(json, "files_without_done", summary->unmarked);
	if (result->ran)
		set_figures(json, result);
	return json;
}

void
cli_outcome_log(struct log *log, const struct audit_summary *summary,
    const struct cli_outcome *result)
{
	json_t *json = cli_outcome_json(summary, result);
	json_t *records = json_object_get(json, "records");
	char *counts = json_dumps(records, JSON_COMPACT);
	char files[24], bytes[24], gaps[24], requests[24], retries[24],
	    seconds[24], status[24];

	snprintf(files, sizeof(files), "%" PRIu64, summary->files);
	snprintf(bytes, sizeof(bytes), "%" PRIu64, summary->bytes);
	snprintf(gaps, sizeof(gaps), "%" PRIu64, summary->n_gaps);
	snprintf(requests, sizeof(requests), "%" PRIu64,
	    result->progress.http.requests);
	snprintf(retries, sizeof(retries), "%" PRIu64,
	    result->progress.http.retries);
	snprintf(seconds, sizeof(seconds), "%.3f",
	    (double)result->progress.ms / 1000);
	snprintf(status, sizeof(status), "%d", result->status);
	log_event(log, LOG_INFO, "cli", "ended", "status",
	    word_for(summary, result), "exit", status, "records", counts,
	    "files", files, "bytes", bytes, "gaps", gaps, "requests",
	    requests, "retries", retries, "seconds", seconds, "error",
	    result->err.kind != ERR_NONE ? result->err.text : NULL, NULL);
	free(counts);
	json_decref(json);
}
