/*
 * What could not be had.
 */

#include <inttypes.h>
#include <stdio.h>

#include "run/run_internal.h"

struct manifest_gap
run_no_gap(const char *key)
{
	return (struct manifest_gap){ .listing = (char *)key, .first = -1,
	    .count = -1, .record = -1, .have = -1, .total = -1,
	    .expected = -1, .status = -1 };
}

void
run_gap(struct run *run, const struct manifest_gap *gap)
{
	char records[48] = "", status[16], message[600];

	snprintf(status, sizeof(status), "%" PRId64, gap->status);
	if (gap->record >= 0)
		snprintf(records, sizeof(records), " record %" PRId64,
		    gap->record + 1);
	else if (gap->first >= 0 && gap->count > 0)
		snprintf(records, sizeof(records), " page %" PRId64,
		    gap->first / gap->count + 1);
	snprintf(message, sizeof(message), "missing: %.200s%s: %.300s",
	    gap->listing, records, gap->why);
	log_event(run->settings.log, LOG_WARN, "run", message, "resource",
	    gap->listing, "status", gap->status > 0 ? status : NULL, "url",
	    gap->url, NULL);
	run->gaps++;
	if (run->manifest != NULL)
		manifest_say_gap(run->manifest, gap);
}
