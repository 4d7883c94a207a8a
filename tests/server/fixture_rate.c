/*
 * A limit on requests per second that is not reported in headers: a fixed
 * window or a token bucket.  And refusals that don't depend on the rate.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ------------------------------------ refusals of a fraction of all URLs */

#define SEEN 65536	/* the most URLs refused */

static struct {
	uint64_t hash;
	unsigned times;
} seen[SEEN];

/* FNV-1a, with its upper bits mixed in. */
static uint64_t
hash_of(const char *route, const char *id, uint64_t page, uint64_t size)
{
	char key[300], *p;
	uint64_t hash = UINT64_C(14695981039346656037);

	snprintf(key, sizeof(key), "%s %s %" PRIu64 " %" PRIu64, route,
	    id != NULL ? id : "", page, size);
	for (p = key; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) *
		    UINT64_C(1099511628211);
	return (hash ^ hash >> 32) | 1;
}

bool
rate_refuses(const struct serve_settings *settings, const char *route,
    const char *id, uint64_t page, uint64_t size)
{
	uint64_t hash = hash_of(route, id, page, size), i;
	bool refuses = false;

	if (hash / 2 % 100 >= settings->refuse)
		return false;
	pthread_mutex_lock(&lock);
	for (i = hash; seen[i % SEEN].hash != 0 &&
	    seen[i % SEEN].hash != hash; i++)
		if (i - hash >= SEEN)
			abort();
	seen[i % SEEN].hash = hash;
	refuses = seen[i % SEEN].times++ < 2;
	pthread_mutex_unlock(&lock);
	return refuses;
}

void
rate_forget(void)
{
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < SEEN; i++)
		seen[i].times = 0;
	pthread_mutex_unlock(&lock);
}
