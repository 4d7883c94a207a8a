/*
 * A limit on requests a second that the client is not told of: a fixed window
 * or a token bucket.
 */

#include <pthread.h>
#include <time.h>

#include "fixture.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static double tokens = -1;
static int64_t last, window;
static unsigned in_window;

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
rate_allows(const struct serve_settings *settings)
{
	int64_t now = now_ms();
	bool ok;

	if (settings->rate == 0)
		return true;
	pthread_mutex_lock(&lock);
	if (settings->bucket > 0) {
		if (tokens < 0)
			tokens = settings->bucket;
		else
			tokens += (double)(now - last) * settings->rate /
			    1000;
		if (tokens > settings->bucket)
			tokens = settings->bucket;
		last = now;
		ok = tokens >= 1;
		tokens -= ok;
	} else {
		if (now / 1000 != window)
			in_window = 0;
		window = now / 1000;
		ok = in_window < settings->rate;
		in_window += ok;
	}
	pthread_mutex_unlock(&lock);
	return ok;
}
