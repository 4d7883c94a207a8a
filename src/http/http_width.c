/*
 * Finds a concurrency limit (nginx's limit_conn): the server accepts N requests
 * at a time, at any rate, and refuses one more.
 *
 * The evidence is the number of requests that were in flight when a request
 * was sent and that were served later ("beside" it).  With a concurrency limit,
 * a refused request had at least N beside it, and a served one fewer: the two
 * groups hardly overlap.  With a rate limit, or with random refusals, they mix.
 * So N is the number that separates the groups, if one does.  Of several
 * refusals in a row only the first counts: they have one cause.
 *
 * The number beside a request is known once all requests sent before it have
 * ended.
 *
 * Once N is known, no more are in flight.  Now and then one more is tried:
 * first after a second, then after twice as long each time it is refused.  If
 * requests are refused although no more are in flight, N was wrong, and the
 * next limit needs more evidence.
 */

#include <math.h>
#include <string.h>

#include "http/http_width.h"

#define ENOUGH 20	/* served, to conclude */
#define ENOUGH_REFUSED 4	/* likewise */
#define SURE 14			/* e^14: one in a million */
#define REFUSED_BELOW 0.15	/* share of refused with fewer beside them */
#define SERVED_ABOVE 0.15	/* share of served with as many */
#define OLD 2000	/* requests; then older ones count half */
#define FINE 30		/* in the last place, to accept it */
#define OVER 3		/* refused of these: reject it */
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
	if (width->last - width->counted_to >= WIDTH_SAMPLES)
		width->counted_to = width->last - WIDTH_SAMPLES + 1;
	if (width->n_out < MAX_WIDTH)
		width->out[width->n_out++] = width->last;
}

static void
forget(struct width *width)
{
	memset(width->served, 0, sizeof(width->served));
	memset(width->refused, 0, sizeof(width->refused));
	width->counted = 0;
	width->counted_to = width->last;
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

/* A request ended: count the requests whose number beside is known now. */
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
	if (i <= width->counted_to)
		i = width->counted_to + 1;
	for (; served && i <= width->last; i++)
		sample(width, i)->beside++;
	while (width->counted_to + 1 < oldest)
		add(width, sample(width, ++width->counted_to));
}

/* Return the limit that separates served and refused requests, or 0. */
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
	/* The most that nearly all refused requests had beside them... */
	for (i = 0, more = served; i < width->allowed &&
	    fewer + width->refused[i] <= REFUSED_BELOW * refused; i++) {
		fewer += width->refused[i];
		more -= width->served[i];
	}
	/* ... is a limit if few served ones had as many, and not by chance. */
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

/* The limit that was found does not exist. */
static void
give_up(struct width *width)
{
	width->is_known = false;
	width->good = width->allowed = width->max;
	width->wrong = 8 * width->wrong + 8;
	forget(width);
}

/* One more was refused: try again later. */
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

enum width_result
width_refused(struct width *width, const struct width_ticket *ticket,
    int64_t now)
{
	unsigned limit;

	sample(width, ticket->number)->is_refused = true;
	end(width, ticket, false);
	if (width->is_known && ticket->place >= width->good) {
		if (ticket->number <= width->since) {
			/* It was sent while more were allowed. */
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
