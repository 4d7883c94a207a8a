/*
 * The result of a dry run.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

/* The assumed rate if the dry run made no requests. */
#define MS_PER_REQUEST 100

struct sums {
	uint64_t requests, bytes;
	int64_t ms;		/* estimate */
};

static struct sums
add_up(const struct run *run)
{
	const struct run_estimate *rows;
	struct run_progress progress;
	struct sums sums = { 0, 0, 0 };
	double each = MS_PER_REQUEST;
	size_t i, n;

	rows = run_estimates(run, &n);
	for (i = 0; i < n; i++) {
		sums.requests += rows[i].requests;
		sums.bytes += rows[i].bytes;
	}
	/* As fast as this dry run went, request for request. */
	run_progress(run, &progress);
	if (progress.http.requests > 0)
		each = (double)progress.ms / (double)progress.http.requests;
	sums.ms = (int64_t)(each * (double)sums.requests);
	return sums;
}

static void
print_row(const struct run_estimate *row)
{
	char count[32], records[40], requests[32], bytes[16];

	text_human_count(row->records, count);
	snprintf(records, sizeof(records), "%s%s", count,
	    row->at_least ? "+" : "");
	if (row->group != NULL) {
		printf("    %-18s %12s\n", row->group, records);
		return;
	}
	text_human_count(row->requests, requests);
	text_human_bytes(row->bytes, bytes);
	printf("  %-20s %12s %12s %10s\n", row->resource, records, requests,
	    bytes);
}

static void
print_all(const struct run *run, const struct source *source)
{
	const struct run_estimate *rows;
	struct sums sums = add_up(run);
	struct run_progress progress;
	char requests[32], bytes[16], time[24];
	size_t i, k, n;

	rows = run_estimates(run, &n);
	printf("Dry run: nothing was written.\n\n");
	printf("  %-20s %12s %12s %10s\n", "", "records", "requests",
	    "bytes");
	for (k = 0; k < source->n_resources; k++)
		for (i = 0; i < n; i++)
			if (strcmp(rows[i].resource,
			    source->resources[k].name) == 0)
				print_row(&rows[i]);
	for (i = 0, k = 0; i < n; i++)
		k += rows[i].at_least;
	if (k > 0)
		printf("\n+ at least: the server reports no total; the export "
		    "will find the exact number.\n");
	text_human_count(sums.requests, requests);
	text_human_bytes(sums.bytes, bytes);
	text_human_time(sums.ms, time);
	printf("\n  about %s requests, %s, %s\n", requests, bytes, time);
	run_progress(run, &progress);
	text_human_count(progress.http.requests, requests);
	printf("  (bytes and time are estimated from the first pages; this "
	    "dry run made %s requests)\n", requests);
}

void
cli_dry_report(const struct run *run, const struct source *source, bool json)
{
	const struct run_estimate *rows;
	struct sums sums = add_up(run);
	struct run_progress progress;
	json_t *all, *list, *row;
	size_t i, n;

	if (!json) {
		print_all(run, source);
		return;
	}
	rows = run_estimates(run, &n);
	all = json_object();
	list = json_array();
	for (i = 0; i < n; i++) {
		row = json_object();
		json_object_set_new(row, "resource",
		    json_string(rows[i].resource));
		if (rows[i].group != NULL)
			json_object_set_new(row, "kind",
			    json_string(rows[i].group));
		json_object_set_new(row, "records",
		    json_integer((json_int_t)rows[i].records));
		if (rows[i].at_least)
			json_object_set_new(row, "at_least", json_true());
		json_object_set_new(row, "requests",
		    json_integer((json_int_t)rows[i].requests));
		json_object_set_new(row, "bytes",
		    json_integer((json_int_t)rows[i].bytes));
		json_array_append_new(list, row);
	}
	json_object_set_new(all, "status", json_string("dry-run"));
	json_object_set_new(all, "estimates", list);
	json_object_set_new(all, "requests",
	    json_integer((json_int_t)sums.requests));
	json_object_set_new(all, "bytes",
	    json_integer((json_int_t)sums.bytes));
	json_object_set_new(all, "duration_ms", json_integer(sums.ms));
	run_progress(run, &progress);
	json_object_set_new(all, "asked", json_integer((json_int_t)
	    progress.http.requests));
	cli_print_json(all);
}
