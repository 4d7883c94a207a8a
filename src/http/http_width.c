/*
 * How many requests at a time the server takes (nginx's limit_conn): N of them
 * whatever the pace, and one more is refused.
 *
 * It shows in what was on the wire beside a request when that was sent, and
 * was served afterwards.  With such a limit a request that was refused had N
 * or more beside it, and one that was served had fewer; the two are nearly
 * apart.  With a limit on the pace, or with refusals now and then, they are
 * mixed.  So N is the number that parts them, if one does.  Of several that
 * were refused one after the other, the first counts: they are of one moment.
 *
 * What a request had beside it is known when all that were sent before it have
 * ended.
 *
 * Where N is known, no more are sent at a time; and now and then one more is
 * tried, to see whether there is room: at first after a second, and twice as
 * late each time that there was none.  Where some are refused although no more
 * are sent at a time, N was no such limit, and more is asked for to believe in
 * one.
 */

#include <math.h>
#include <string.h>

#include "http/http_width.h"

#define ENOUGH 20	/* served, to tell */
#define ENOUGH_REFUSED 4	/* likewise */
#define SURE 14			/* e^14: one in a million */
#define REFUSED_BELOW 0.15	/* of those refused had fewer beside them */
#define SERVED_ABOVE 0.15	/* of those served had as many */
#define OLD 2000	/* requests: older ones count half */
#define FINE 30		/* in the last place, to take it for good */
#define OVER 3		/* of so many: it is not */
#define TRY_FIRST_MS 1000
#define MAX_TRY_MS 60000

void
width_init(struct width *width, unsigned max)
{
	memset(width, 0, sizeof(*width));
	width->max = width->allowed = width->good = max;
}

static struct width_sample *
sample(struct width *width, uint64_t number)
{
	return &width->samples[number % WIDTH_SAMPLES];
}

void
width_sent(struct width *width, unsigned on_wire, struct width_ticket *ticket)
{
	*ticket = (struct width_ticket){ ++width->last, on_wire };
	*sample(width, width->last) = (struct width_sample){ 0 };
	if (width->last - width->judged >= WIDTH_SAMPLES)
		width->judged = width->last - WIDTH_SAMPLES + 1;
	if (width->n_out < MAX_WIDTH)
		width->out[width->n_out++] = width->last;
}

static void
forget(struct width *width)
{
	memset(width->served, 0, sizeof(width->served));
	memset(width->refused, 0, sizeof(width->refused));
	width->counted = 0;
	width->judged = width->last;
	width->fine = width->over = 0;
}

static void
add(struct width *width, const struct width_sample *one)
{
	unsigned i = one->beside < MAX_WIDTH ? one->beside : MAX_WIDTH;

	if (one->is_served || !width->was_refused) {
		width->served[i] += one->is_served;
		width->refused[i] += one->is_refused;
		width->counted++;
	}
	width->was_refused = one->is_refused;
}

/* It has ended: count those that know now what was beside them. */
static void
end(struct width *width, const struct width_ticket *ticket, bool served)
{
	uint64_t oldest = width->last + 1, i = ticket->number + 1;
	unsigned k;

	for (k = 0; k < width->n_out; k++)
		if (width->out[k] == ticket->number)
			width->out[k--] = width->out[--width->n_out];
	for (k = 0; k < width->n_out; k++)
		if (width->out[k] < oldest)
			oldest = width->out[k];
	if (i <= width->judged)
		i = width->judged + 1;
	for (; served && i <= width->last; i++)
		sample(width, i)->beside++;
	while (width->judged + 1 < oldest)
		add(width, sample(width, ++width->judged));
}

/* Return the limit that parts served and refused ones, or 0. */
static unsigned
find(const struct width *width)
{
	double served = 0, refused = 0, fewer = 0, more;
	unsigned i;

	for (i = 0; i <= MAX_WIDTH; i++) {
		served += width->served[i];
		refused += width->refused[i];
	}
	if (served < ENOUGH || refused < ENOUGH_REFUSED)
		return 0;
	/* The most that nearly all which were refused had beside them... */
	for (i = 0, more = served; i < width->allowed &&
	    fewer + width->refused[i] <= REFUSED_BELOW * refused; i++) {
		fewer += width->refused[i];
		more -= width->served[i];
	}
	/* ... is a limit if few had that which were served: is it no chance? */
	more = (more < 1 ? 1 : more) / served;
	return i < width->allowed && more <= SERVED_ABOVE &&
	    -log(more) * (refused - fewer) >= SURE * (1 + width->wrong) ?
	    i : 0;
}

static void
halve_old(struct width *width)
{
	unsigned i;

	if (width->counted < OLD)
		return;
	width->counted /= 2;
	for (i = 0; i <= MAX_WIDTH; i++) {
		width->served[i] /= 2;
		width->refused[i] /= 2;
	}
}

static void
set(struct width *width, unsigned good, int64_t now)
{
	width->is_known = true;
	width->good = width->allowed = good;
	if (width->try_wait == 0)
		width->try_wait = TRY_FIRST_MS;
	width->try_after = now + width->try_wait;
	width->since = width->last;
	forget(width);
}

/* What was taken for such a limit was none. */
static void
give_up(struct width *width)
{
	width->is_known = false;
	width->good = width->allowed = width->max;
	width->wrong = 8 * width->wrong + 8;
	forget(width);
}

/* There is no room for one more: try later. */
static void
go_back(struct width *width, unsigned good, int64_t now)
{
	width->try_wait *= 2;
	if (width->try_wait > MAX_TRY_MS)
		width->try_wait = MAX_TRY_MS;
	set(width, good, now);
}

void
width_served(struct width *width, const struct width_ticket *ticket,
    int64_t now)
{
	sample(width, ticket->number)->is_served = true;
	end(width, ticket, true);
	halve_old(width);
	if (!width->is_known || ticket->place != width->allowed)
		return;
	if (++width->fine < FINE)
		return;
	width->fine = width->over = 0;
	width->is_proved = true;
	if (width->allowed > width->good) {
		width->good = width->allowed;
		width->try_wait = TRY_FIRST_MS;
		width->try_after = now + TRY_FIRST_MS / 4;
	}
	if (now >= width->try_after && width->allowed < width->max)
		width->allowed++;
}

enum width_word
width_refused(struct width *width, const struct width_ticket *ticket,
    int64_t now)
{
	unsigned limit;

	sample(width, ticket->number)->is_refused = true;
	end(width, ticket, false);
	if (width->is_known && ticket->place >= width->good) {
		if (ticket->number <= width->since) {
			/* It was sent when more were allowed. */
		} else if (width->allowed > width->good) {
			if (ticket->place >= width->allowed)
				go_back(width, width->good, now);
		} else if (++width->over < OVER) {
			return WIDTH_OVER;
		} else if (!width->is_proved) {
			give_up(width);
			return WIDTH_WRONG;
		} else if (width->good == 1) {
			give_up(width);
			return WIDTH_NOTHING;
		} else {
			go_back(width, width->good - 1, now);
		}
		return WIDTH_OVER;
	}
	if ((limit = find(width)) == 0)
		return WIDTH_NOTHING;
	set(width, limit, now);
	width->is_proved = false;
	return WIDTH_FOUND;
}
