/*
 * Timeouts: replies that don't begin, that stall, or that are so slow that
 * they would never end.
 *
 * A slow connection is not an error: at 100 bytes per second a reply may take
 * as long as it needs.  A reply that is slower for a minute is retried like a
 * truncated one.  If --stall allows pauses longer than a minute, the minute
 * becomes as long as such a pause.
 */

#include <stdio.h>

#include "http/http_internal.h"

int64_t
http_deadline(const struct transfer *transfer)
{
	int64_t silent, drips;

	if (transfer->last_byte == 0)
		return transfer->started + transfer->first_byte_ms;
	silent = transfer->last_byte + transfer->http->settings.stall_ms;
	drips = transfer->span_since + http_span_ms(transfer);
	return transfer->span_bytes < SPAN_BYTES && drips < silent ? drips :
	    silent;
}

void
http_end_slow(struct transfer *transfer, int64_t now)
{
	struct http_reply *reply = &transfer->reply;
	int64_t silent = now - (transfer->last_byte == 0 ?
	    transfer->started : transfer->last_byte);
	char *says = transfer->curl_error;
	size_t capacity = sizeof(transfer->curl_error);

	if (transfer->last_byte == 0)
		snprintf(says, capacity, "no answer for %lld s",
		    (long long)silent / 1000);
	else if (silent >= transfer->http->settings.stall_ms)
		snprintf(says, capacity, "no byte for %lld s",
		    (long long)silent / 1000);
	else
		snprintf(says, capacity, "the reply is too slow: %zu bytes in "
		    "%lld s", transfer->span_bytes,
		    (long long)(now - transfer->span_since) / 1000);
	http_leave_wire(transfer);
	reported_read(transfer);
	limit_unreported(&transfer->http->limit);
	reply->status = 0;
	reply->is_slow = true;
	(void)http_classify(transfer, CURLE_OPERATION_TIMEDOUT);
}
