/*
 * The threads that read files ahead of the walk.  The first thread takes part
 * while it waits for a file.  There may be no other.
 *
 * Each thread reads two files in turn, since hashing two takes hardly longer
 * than hashing one: see sha256_add_two().
 */

#include <pthread.h>
#include <stdlib.h>

#include "audit/audit_prescan.h"

#define LANES 2
#define TOGETHER 64	/* two files are hashed in multiples of this */

/* The state of one thread. */
struct hand {
	struct audit_desk desks[LANES];
	struct audit_prescan *prescans[LANES];	/* or NULL */
	struct span left[LANES];	/* of its chunk, not hashed yet */
};

struct audit_pool {
	struct hand own;	/* the first thread's */
	pthread_t *threads;	/* the others */
	size_t n_threads;

	pthread_mutex_t lock;	/* for the fields below and each prescan's
				 * state */
	pthread_cond_t added, over;
	struct audit_prescan *first, **last;	/* the queue */
	bool is_ended;
};

static void
hand_init(struct hand *hand)
{
	size_t i;

	for (i = 0; i < LANES; i++) {
		audit_desk_init(&hand->desks[i]);
		hand->prescans[i] = NULL;
	}
}

static void
hand_release(struct hand *hand)
{
	size_t i;

	for (i = 0; i < LANES; i++)
		audit_desk_release(&hand->desks[i]);
}

/* Return the next prescan; or NULL if there is none, or the pool ends. */
static struct audit_prescan *
take_prescan(struct audit_pool *pool, bool waits)
{
	struct audit_prescan *prescan;

	pthread_mutex_lock(&pool->lock);
	while (waits && pool->first == NULL && !pool->is_ended)
		pthread_cond_wait(&pool->added, &pool->lock);
	prescan = pool->is_ended ? NULL : pool->first;
	if (prescan != NULL) {
		if ((pool->first = prescan->next) == NULL)
			pool->last = &pool->first;
		prescan->state = AUDIT_GOES_ON;
	}
	pthread_mutex_unlock(&pool->lock);
	return prescan;
}

static void
leave_prescan(struct audit_pool *pool, struct audit_prescan *prescan)
{
	pthread_mutex_lock(&pool->lock);
	prescan->state = AUDIT_OVER;
	pthread_cond_signal(&pool->over);
	pthread_mutex_unlock(&pool->lock);
}

/* Begin ${prescan} in lane ${i}. */
static void
begin_prescan(struct audit_pool *pool, struct hand *hand, size_t i,
    struct audit_prescan *prescan)
{
	if (!audit_prescan_begin(prescan, &hand->desks[i])) {
		leave_prescan(pool, prescan);
		return;
	}
	hand->prescans[i] = prescan;
	hand->left[i] = audit_prescan_read(prescan);
}

/* Give each idle lane a prescan, if there is one. */
static void
fill_lanes(struct audit_pool *pool, struct hand *hand, bool waits)
{
	struct audit_prescan *prescan;
	size_t i;

	for (i = 0; i < LANES; i++)
		while (hand->prescans[i] == NULL) {
			prescan = take_prescan(pool, waits &&
			    hand->prescans[LANES - 1 - i] == NULL);
			if (prescan == NULL)
				break;
			begin_prescan(pool, hand, i, prescan);
		}
}

/* Return ${n} bytes of the chunk in lane ${i}, to be hashed. */
static struct span
cut(struct hand *hand, size_t i, size_t n)
{
	struct span part = { hand->left[i].data, n };

	hand->left[i].data += n;
	hand->left[i].len -= n;
	return part;
}

/* Hash two chunks together as far as both go, then the shorter one's rest. */
static void
hash_chunks(struct hand *hand)
{
	size_t n, i;

	if (hand->prescans[0] != NULL && hand->prescans[1] != NULL) {
		n = hand->left[0].len < hand->left[1].len ?
		    hand->left[0].len : hand->left[1].len;
		n -= n % TOGETHER;
		sha256_add_two(hand->desks[0].hash, cut(hand, 0, n),
		    hand->desks[1].hash, cut(hand, 1, n));
	}
	for (i = 0; i < LANES; i++)
		if (hand->prescans[i] != NULL &&
		    (hand->left[i].len < TOGETHER ||
			hand->prescans[LANES - 1 - i] == NULL)) {
			n = hand->left[i].len;
			sha256_add(hand->desks[i].hash, cut(hand, i, n).data,
			    n);
		}
}

/* Process one chunk per lane.  Return false if there is nothing to do. */
static bool
work_on(struct audit_pool *pool, struct hand *hand, bool waits)
{
	struct audit_prescan *prescan;
	size_t i;

	fill_lanes(pool, hand, waits);
	if (hand->prescans[0] == NULL && hand->prescans[1] == NULL)
		return false;
	hash_chunks(hand);
	for (i = 0; i < LANES; i++) {
		prescan = hand->prescans[i];
		if (prescan == NULL || hand->left[i].len > 0)
			continue;
		if (audit_prescan_take(prescan)) {
			hand->left[i] = audit_prescan_read(prescan);
			continue;
		}
		leave_prescan(pool, prescan);
		hand->prescans[i] = NULL;
	}
	return true;
}

static void *
work(void *cookie)
{
	struct audit_pool *pool = cookie;
	struct hand hand;

	hand_init(&hand);
	while (work_on(pool, &hand, true))
		;
	hand_release(&hand);
	return NULL;
}

struct audit_pool *
audit_pool_new(unsigned threads)
{
	struct audit_pool *pool = mem_zero(1, sizeof(*pool));

	hand_init(&pool->own);
	pool->last = &pool->first;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->added, NULL);
	pthread_cond_init(&pool->over, NULL);
	pool->threads = mem_zero(threads, sizeof(*pool->threads));
	/* Fewer threads will do if no more can be created. */
	while (pool->n_threads + 1 < threads && pthread_create(
	    &pool->threads[pool->n_threads], NULL, work, pool) == 0)
		pool->n_threads++;
	return pool;
}

size_t
audit_pool_ahead(const struct audit_pool *pool)
{
	return 4 * LANES * (pool->n_threads + 1);
}

void
audit_pool_add(struct audit_pool *pool, struct audit_prescan *prescan)
{
	prescan->next = NULL;
	pthread_mutex_lock(&pool->lock);
	*pool->last = prescan;
	pool->last = &prescan->next;
	pthread_cond_signal(&pool->added);
	pthread_mutex_unlock(&pool->lock);
}

/* Is it over?  If it still waits, move it to the front. */
static bool
is_over(struct audit_pool *pool, struct audit_prescan *prescan)
{
	struct audit_prescan **link = &pool->first;
	bool is;

	pthread_mutex_lock(&pool->lock);
	is = prescan->state == AUDIT_OVER;
	if (prescan->state == AUDIT_WAITS && pool->first != prescan) {
		while (*link != prescan)
			link = &(*link)->next;
		if ((*link = prescan->next) == NULL)
			pool->last = link;
		prescan->next = pool->first;
		pool->first = prescan;
	}
	pthread_mutex_unlock(&pool->lock);
	return is;
}

void
audit_pool_wait(struct audit_pool *pool, struct audit_prescan *prescan)
{
	while (!is_over(pool, prescan)) {
		if (work_on(pool, &pool->own, false))
			continue;
		pthread_mutex_lock(&pool->lock);
		while (prescan->state != AUDIT_OVER)
			pthread_cond_wait(&pool->over, &pool->lock);
		pthread_mutex_unlock(&pool->lock);
	}
}

void
audit_pool_free(struct audit_pool *pool)
{
	size_t i;

	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->is_ended = true;
	pthread_cond_broadcast(&pool->added);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->n_threads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->over);
	pthread_cond_destroy(&pool->added);
	pthread_mutex_destroy(&pool->lock);
	hand_release(&pool->own);
	free(pool->threads);
	free(pool);
}
