/*
 * How many requests a second the server takes, found out by trying.
 *
 * As long as it refuses none, there is no pace.  When it refuses one, the
 * pace is set a little below what it took in the last seconds.  From there it
 * grows: fast up to where it was refused before, then in small steps, which
 * get larger with each that is not refused.  So a limit of R requests a
 * second is met just below R, and touched a few times a minute.
 */

#include <string.h>

#include "http/http_internal.h"

#define TICK_MS 100
#define BELOW 0.95	/* of what was taken */
#define FAST_MS 2000	/* between steps up to the ceiling */
#define FAST 1.15
#define SLOW_MS 15000	/* beyond it, and after so many requests */
#define SLOW_REQUESTS 200
#define STEP_FIRST 0.03
#define STEP_MOST 0.5
#define LEAST 0.2	/* requests a second: one in five seconds */

void
pace_init(struct pace *pace)
{
	*pace = (struct pace){ .step = STEP_FIRST };
}

/* Make room for the ticks up to ${now}. */
static void
turn(struct pace *pace, int64_t now)
{
	int64_t tick = now / TICK_MS, i;

	if (tick - pace->tick >= PACE_TICKS) {
		memset(pace->taken, 0, sizeof(pace->taken));
		pace->tick = tick;
	}
	for (i = pace->tick + 1; i <= tick; i++)
		pace->taken[i % PACE_TICKS] = 0;
	if (tick > pace->tick)
		pace->tick = tick;
}

/* Requests a second that were taken: over one second, or over two. */
static double
measure(const struct pace *pace)
{
	unsigned one = 0, two = 0, i;

	for (i = 0; i < PACE_TICKS; i++) {
		two += pace->taken[i];
		if ((pace->tick + PACE_TICKS - i) % PACE_TICKS <
		    1000 / TICK_MS)
			one += pace->taken[i];
	}
	return one > two / 2.0 ? one : two / 2.0;
}

void
pace_taken(struct pace *pace, int64_t now)
{
	turn(pace, now);
	pace->taken[now / TICK_MS % PACE_TICKS]++;
}

void
pace_refused(struct pace *pace, int64_t now)
{
	double rate;

	turn(pace, now);
	rate = measure(pace);
	if (pace->rate > 0 && rate > pace->rate)
		rate = pace->rate;
	if (rate < LEAST)
		rate = LEAST;
	pace->ceiling = rate;
	pace->rate = BELOW * rate;
	pace->grown = now;
	pace->step = STEP_FIRST;
}

/* May it go faster by now? */
static void
grow(struct pace *pace, int64_t now)
{
	if (pace->rate < pace->ceiling * BELOW) {
		if (now - pace->grown < FAST_MS)
			return;
		pace->rate *= FAST;
	} else {
		if (now - pace->grown < SLOW_MS ||
		    (double)(now - pace->grown) * pace->rate <
		    SLOW_REQUESTS * 1000.0)
			return;
		pace->rate *= 1 + pace->step;
		pace->step *= 2;
		if (pace->step > STEP_MOST)
			pace->step = STEP_MOST;
	}
	pace->grown = now;
}

int64_t
pace_next(const struct pace *pace)
{
	return pace->rate > 0 ? (int64_t)pace->next : 0;
}

void
pace_sent(struct pace *pace, int64_t now)
{
	if (pace->rate <= 0)
		return;
	grow(pace, now);
	/* What was not sent in time is not made up for. */
	if (pace->next < (double)now - TICK_MS / 2.0)
		pace->next = (double)now - TICK_MS / 2.0;
	pace->next += 1000 / pace->rate;
}
