/*
 * Replies that take too long: nothing comes of them, or no more does, or so
 * little that they would never end.
 *
 * A slow line is no error.  What comes at 100 bytes a second is waited for,
 * for as long as it takes; what comes slower than that, for a minute, is tried
 * again like a reply that broke off.  Where --stall allows longer pauses than
 * a minute, the bytes of a minute may take as long as such a pause.
 */

#include <stdio.h>

#include "http/http_internal.h"

#define SPAN_MS 60000

int64_t
http_span_ms(const struct transfer *transfer)
{
	int64_t stall = transfer->http->settings.stall_ms;

	return stall > SPAN_MS ? stall : SPAN_MS;
}

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
	char *says = transfer->curl_says;
	size_t capacity = sizeof(transfer->curl_says);

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
	quota_lost(&transfer->http->limit.quota);
	reply->status = 0;
	reply->is_slow = true;
	(void)http_classify(transfer, CURLE_OPERATION_TIMEDOUT);
}
