/*
 * Gaps: what could not be fetched.
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
	char where[96], status[16], id[80] = "", message[800];

	if (gap->request != NULL)
		snprintf(id, sizeof(id), " (request %.64s)", gap->request);
	snprintf(status, sizeof(status), "%" PRId64, gap->status);
	manifest_gap_where(gap, where);
	snprintf(message, sizeof(message), "missing: %.200s%s: %.300s"
	    "%s", gap->listing, where, gap->why, id);
	log_event(run->settings.log, LOG_WARN, "run", message, "resource",
	    gap->listing, "status", gap->status > 0 ? status : NULL, "url",
	    gap->url, "request_id", gap->request, NULL);
	run->gaps++;
	if (run_writes(run))
		manifest_say_gap(run->manifest, gap);
}
