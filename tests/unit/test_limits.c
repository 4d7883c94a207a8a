/*
 * The rate limiter (http_limiter.c) against simulated servers, on a simulated
 * clock: 16 requests in flight, replies that take 5 to 80 ms.  Each case prints
 * its result; tests/bench/bench.py shows it.
 */

#include "unit.h"

#include "http/http_limiter.h"

#define JOBS 16
#define OPEN (JOBS * 33)	/* including those that wait for a retry */
#define BEGIN 1000	/* ms, on the simulated clock */
#define WARM 60000	/* ms before refusals are counted */

enum limit_kind { NONE, WINDOW, BUCKET, SLIDING, WIDTH };

struct server {
	enum limit_kind kind;
	double rate, tokens, last;
	int64_t window;
	unsigned used;
	double log[1024];	/* SLIDING: when it served the last ones */
	unsigned first, n;
	unsigned busy;		/* WIDTH: the concurrency limit */
};

struct url {
	bool is_open, is_out;
	unsigned left;		/* how often it is refused */
	unsigned tries;
	int64_t due;
};

struct wire {
	bool is_busy, has_arrived, is_good;
	struct url *url;
	double arrives;
	int64_t comes;
	struct limiter_ticket ticket;
	struct width_ticket place;
};

struct world {
	struct server server;
	struct limiter limiter, before;
	struct width width;
	struct url urls[OPEN];
	struct wire wire[JOBS];
	unsigned on_wire, open, fresh, over;
	double share;		/* share of URLs refused */
	unsigned times;		/* how often; 0: once or twice */
	int64_t retry_after;	/* ms; -1: not reported */
	bool is_plain;
	uint64_t random;
	uint64_t good, refused;	/* after ${WARM} */
};

static double
chance(struct world *world)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (double)(world->random >> 11) / 9007199254740992.0;
}

static bool
takes(struct server *server, double now)
{
	switch (server->kind) {
	case WINDOW:
		if ((int64_t)(now / 1000) != server->window)
			server->used = 0;
		server->window = (int64_t)(now / 1000);
		return server->used++ < server->rate;
	case BUCKET:
		server->tokens += (now - server->last) * server->rate / 1000;
		if (server->tokens > server->rate)
			server->tokens = server->rate;
		server->last = now;
		if (server->tokens < 1)
			return false;
		server->tokens--;
		return true;
	case SLIDING:
		while (server->n > 0 &&
		    server->log[server->first] <= now - 1000) {
			server->first = (server->first + 1) % 1024;
			server->n--;
		}
		if (server->n >= server->rate)
			return false;
		server->log[(server->first + server->n++) % 1024] = now;
		return true;
	case WIDTH:
		if (server->busy >= server->rate)
			return false;
		server->busy++;
		return true;
	case NONE:
		break;
	}
	return true;
}

/* Requests arrive at the server in order. */
static void
arrive(struct world *world, int64_t now)
{
	struct wire *next, *wire;

	do {
		next = NULL;
		for (wire = world->wire; wire < world->wire + JOBS; wire++)
			if (wire->is_busy && !wire->has_arrived &&
			    wire->arrives <= (double)now &&
			    (next == NULL || wire->arrives < next->arrives))
				next = wire;
		if (next == NULL)
			return;
		next->has_arrived = true;
		if (next->url->left > 0) {
			next->url->left--;
			next->is_good = false;
		} else {
			next->is_good = takes(&world->server, next->arrives);
		}
	} while (true);
}

/* The back-off of http.c. */
static int64_t
wait_of(struct world *world, unsigned tries)
{
	return tries <= 1 ? 10 + (int64_t)(chance(world) * 30) :
	    40 + (int64_t)(chance(world) * 80);
}

static void
come(struct world *world, int64_t now)
{
	struct limiter_refusal refusal = { world->retry_after,
	    world->is_plain };
	struct wire *wire;
	struct url *url;
	int64_t wait;

	for (wire = world->wire; wire < world->wire + JOBS; wire++) {
		if (!wire->is_busy || wire->comes > now)
			continue;
		url = wire->url;
		wire->is_busy = url->is_out = false;
		world->on_wire--;
		if (now >= BEGIN + WARM) {
			world->good += wire->is_good;
			world->refused += !wire->is_good;
		}
		if (wire->is_good) {
			world->server.busy -= world->server.kind == WIDTH;
			width_served(&world->width, &wire->place, now);
			limiter_served(&world->limiter, &wire->ticket, now);
			url->is_open = false;
			world->open--;
			world->over++;
			continue;
		}
		(void)limiter_refused_at(&world->limiter, &world->before,
		    &wire->ticket, &refusal, width_refused(&world->width,
		    &wire->place, now), now);
		wait = wait_of(world, ++url->tries);
		url->due = now + (world->retry_after > wait ?
		    world->retry_after : wait);
	}
}

/* The next to send: refused ones first, but not as scouts. */
static struct url *
pick(struct world *world, int64_t now)
{
	struct url *url, *best = NULL, *room = NULL;

	for (url = world->urls; url < world->urls + OPEN; url++) {
		if (!url->is_open)
			room = url;
		else if (!url->is_out && url->due <= now &&
		    (best == NULL || url->due < best->due))
			best = url;
	}
	if (room == NULL || world->fresh == 0 ||
	    (best != NULL && !world->limiter.holds))
		return best;
	*room = (struct url){ .is_open = true };
	world->fresh--;
	world->open++;
	if (world->share > 0 && chance(world) < world->share)
		room->left = world->times > 0 ? world->times :
		    1 + (chance(world) < 0.5);
	return room;
}

static void
fill(struct world *world, int64_t now)
{
	struct wire *wire;
	struct url *url;
	double latency;

	while (world->on_wire < world->width.allowed &&
	    limiter_next(&world->limiter, now) <= now &&
	    (url = pick(world, now)) != NULL) {
		for (wire = world->wire; wire->is_busy; wire++)
			;
		latency = 5 + chance(world) * 75;
		url->is_out = true;
		world->on_wire++;
		*wire = (struct wire){ .is_busy = true, .url = url,
		    .arrives = (double)now + latency /
		    (world->server.kind == WIDTH ? 8 : 2),
		    .comes = now + (int64_t)latency };
		limiter_sent(&world->limiter,
		    url->tries == 1 || url->tries == 2,
		    world->on_wire >= world->width.allowed, &wire->ticket,
		    now);
		width_sent(&world->width, world->on_wire, &wire->place);
	}
}

static void
world_init(struct world *world, uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	limiter_init(&world->limiter);
	width_init(&world->width, JOBS);
	world->random = seed * UINT64_C(829180769161) + 17;
	world->retry_after = -1;
}

/* Fetch ${n} URLs; return how long it took. */
static int64_t
have_all(struct world *world, unsigned n)
{
	int64_t now = BEGIN;

	world->fresh = n;
	for (; world->over < n && now < BEGIN + 3600000; now++) {
		arrive(world, now);
		come(world, now);
		fill(world, now);
	}
	return now - BEGIN;
}

/* Fetch an endless list of URLs for ${ms}. */
static int64_t
pass(struct world *world, int64_t now, int64_t ms)
{
	int64_t end = now + ms;

	for (; now < end; now++) {
		world->fresh = 1000;
		arrive(world, now);
		come(world, now);
		fill(world, now);
	}
	return now;
}

static void
test_refusals_whatever_the_pace(void **state)
{
	static const double shares[] = { 0.01, 0.05, 0.1, 0.2 };
	static struct world world;
	int64_t calm, worst, took;
	unsigned kind, seed;
	double ratio;
	size_t i;

	(void)state;
	world_init(&world, 1);
	calm = have_all(&world, 5000);
	for (i = 0; i < LENGTH(shares) * 3; i++) {
		kind = (unsigned)i % 3;
		for (worst = 0, seed = 1; seed <= 4; seed++) {
			world_init(&world, seed);
			world.share = shares[i / 3];
			world.times = seed % 2 ? 2 : 0;
			world.is_plain = kind == 1;
			world.retry_after = kind == 2 ? 1000 : -1;
			took = have_all(&world, 5000);
			worst = took > worst ? took : worst;
		}
		/* A URL may also wait twice for a Retry-After. */
		ratio = (double)(worst - (kind == 2 ? 2000 : 0)) /
		    (double)calm;
		print_message("# %2.0f %% refused, %s: %.2f x\n",
		    shares[i / 3] * 100, kind == 0 ? "429" : kind == 1 ?
		    "503" : "Retry-After: 1", ratio);
		if (ratio > 1.5)
			fail_msg("%.2f times as long", ratio);
	}
}

/*
 * The goal is 95 % of the limit with at most 1 % refused, after the first
 * minute.  Most cases reach it.  The assertions hold for all of them; other
 * seeds are worse, see doc/RELIABILITY.md.
 */
static void
test_hard_limits(void **state)
{
	static const double rates[] = { 1, 3, 10, 50, 100, 300 };
	static const char *const names[] = { "", "window", "bucket",
	    "sliding" };
	static const char *const how[] = { "429", "Retry-After: 1", "503" };
	static struct world world;
	double taken, refused, sum = 0;
	unsigned kind, reported;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rates) * 9; i++) {
		kind = 1 + (unsigned)i % 3;
		reported = (unsigned)i / 3 % 3;
		world_init(&world, 7);
		world.server.kind = (enum limit_kind)kind;
		world.server.rate = world.server.tokens = rates[i / 9];
		world.retry_after = reported == 1 ? 1000 : -1;
		world.is_plain = reported == 2;
		pass(&world, BEGIN, WARM + 600000);
		taken = (double)world.good / 600 / rates[i / 9];
		refused = (double)world.refused /
		    (double)(world.good + world.refused);
		print_message("# limit %.0f/s, %s, %s: %.1f %% of it, "
		    "%.2f %% refused\n", rates[i / 9], names[kind],
		    how[reported], taken * 100, refused * 100);
		sum += taken;
		assert_true(taken > 0.91 && taken < 1.01);
		assert_true(refused < (rates[i / 9] < 2 ? 0.02 :
		    rates[i / 9] < 5 ? 0.012 : 0.01));
	}
	print_message("# %.1f %% of all limits, the average\n",
	    sum * 100 / (double)i);
	assert_true(sum / (double)i > 0.96);
}

/* A concurrency limit: compare with a client that knows it. */
static void
test_limits_of_width(void **state)
{
	static const unsigned widths[] = { 1, 2, 4, 8, 12 };
	static const char *const told[] = { "429", "503", "Retry-After: 1" };
	static struct world world;
	double known, taken, refused;
	unsigned kind;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(widths) * 3; i++) {
		kind = (unsigned)i % 3;
		world_init(&world, 5);
		width_init(&world.width, widths[i / 3]);
		pass(&world, BEGIN, WARM + 60000);
		known = (double)world.good;
		world_init(&world, 5);
		world.server.kind = WIDTH;
		world.server.rate = widths[i / 3];
		world.is_plain = kind == 1;
		world.retry_after = kind == 2 ? 1000 : -1;
		pass(&world, BEGIN, WARM + 60000);
		taken = (double)world.good / known;
		refused = (double)world.refused /
		    (double)(world.good + world.refused);
		print_message("# %u at a time, %s: %.1f %% of it, %.2f %% "
		    "refused\n", widths[i / 3], told[kind], taken * 100,
		    refused * 100);
		assert_true(taken > 0.95 && refused < 0.01);
	}
}

static void
test_a_limit_that_rises(void **state)
{
	static const double rates[] = { 1, 3, 10, 30 };
	static struct world world;
	uint64_t before;
	unsigned kind;
	int64_t now, s;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rates) * 3; i++) {
		kind = 1 + (unsigned)i % 3;
		world_init(&world, 3);
		world.server.kind = (enum limit_kind)kind;
		world.server.rate = world.server.tokens = rates[i / 3];
		now = pass(&world, BEGIN, 150000);
		world.server.rate *= 10;
		for (s = 0; s < 200; s += 2) {
			before = world.good;
			now = pass(&world, now, 2000);
			if ((double)(world.good - before) >=
			    2 * 0.9 * world.server.rate)
				break;
		}
		print_message("# from %.0f/s to ten times that, kind %u: "
		    "90 %% after %d s\n", rates[i / 3], kind, (int)s + 2);
		/*
		 * The goal is 60 s.  At one a second it is unreachable: a
		 * probe costs a refusal, and one in 60 is more than 1 %.
		 */
		assert_true(s + 2 <= (rates[i / 3] < 2 ? 160 : 60));
	}
}

/* ----------------------------------- many of them: CHECK_SIZE=soak */

/* The results of many servers of one kind. */
struct tally {
	double taken, refused, min, max;
	unsigned n, enough, few;
};

static void
tally_add(struct tally *tally, const struct world *world, double all)
{
	double taken = (double)world->good / all;
	double refused = (double)world->refused /
	    (double)(world->good + world->refused);

	tally->taken += taken;
	tally->refused += refused;
	tally->enough += taken >= 0.95;
	tally->few += refused <= 0.01;
	if (tally->n++ == 0 || taken < tally->min)
		tally->min = taken;
	if (refused > tally->max)
		tally->max = refused;
}

static void
tally_show(const struct tally *tally, const char *what)
{
	double n = tally->n;

	print_message("# %.0f %s: %.1f %% of it, %.2f %% refused; the worst "
	    "%.1f %%, %.2f %%; 95 %% by %u, 1 %% by %u\n", n, what,
	    tally->taken / n * 100, tally->refused / n * 100,
	    tally->min * 100, tally->max * 100, tally->enough,
	    tally->few);
}

static void
soak_one(struct tally *tally, enum limit_kind kind, double rate,
    unsigned reported, unsigned seed)
{
	static struct world world;
	double all = rate * 300;
	int64_t ms = 300000;

	if (kind == WIDTH) {
		ms = 60000;
		world_init(&world, seed);
		width_init(&world.width, (unsigned)rate);
		pass(&world, BEGIN, WARM + ms);
		all = (double)world.good;
	}
	world_init(&world, seed * 7 + reported);
	world.server.kind = kind;
	world.server.rate = world.server.tokens = rate;
	world.retry_after = reported == 1 ? 1000 : -1;
	world.is_plain = reported == 2;
	pass(&world, BEGIN, WARM + ms);
	tally_add(tally, &world, all);
}

static void
test_many_limits(void **state)
{
	static const double rates[] = { 1, 2, 3, 5, 8, 10, 13, 16, 20, 50,
	    100, 300 };
	const char *size = getenv("CHECK_SIZE");
	struct tally pace = { 0 }, width = { 0 };
	unsigned i;

	(void)state;
	if (size == NULL || strcmp(size, "soak") != 0) {
		print_message("# only with CHECK_SIZE=soak\n");
		return;
	}
	for (i = 0; i < LENGTH(rates) * 9 * 8; i++)
		soak_one(&pace, (enum limit_kind)(1 + i % 3),
		    rates[i / 9 % LENGTH(rates)], i / 3 % 3,
		    1 + i / 9 / (unsigned)LENGTH(rates));
	tally_show(&pace, "limits of pace");
	for (i = 0; i < 15 * 3 * 10; i++)
		soak_one(&width, WIDTH, 1 + i / 3 % 15, i % 3, 1 + i / 45);
	tally_show(&width, "limits of width");
	assert_true(pace.taken / pace.n > 0.95 && pace.min > 0.8);
	assert_true(pace.refused / pace.n < 0.01 && pace.max < 0.04);
	assert_true(width.taken / width.n > 0.95 && width.max < 0.01);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals_whatever_the_pace),
		cmocka_unit_test(test_hard_limits),
		cmocka_unit_test(test_limits_of_width),
		cmocka_unit_test(test_a_limit_that_rises),
		cmocka_unit_test(test_many_limits),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
