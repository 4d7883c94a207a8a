/*
 * The thread that waits for the disk, so that the crawl does not have to.
 *
 *	idle	batch is NULL
 *	busy	batch is being synced; who gave it leaves it alone
 *	over	batch is NULL again, and ${failure} says how it went
 *
 * It has one batch at a time and mostly waits for the system.  It allocates no
 * memory, since a failure would end the program.  A signal may be delivered to
 * it; the handler wakes the first thread.
 */

#include <pthread.h>
#include <stdlib.h>

#include "tree/tree_internal.h"

struct tree_worker {
	pthread_t thread;
	pthread_mutex_t lock;	/* for the fields below */
	pthread_cond_t changed;
	const struct tree_batch *batch;	/* NULL: nothing to do */
	struct err failure;		/* ERR_NONE: none */
	bool is_ended;
};

static void *
work(void *cookie)
{
	struct tree_worker *worker = cookie;
	struct err err = { ERR_NONE, "" };

	pthread_mutex_lock(&worker->lock);
	for (;;) {
		while (worker->batch == NULL && !worker->is_ended)
			pthread_cond_wait(&worker->changed, &worker->lock);
		if (worker->batch == NULL)
			break;
		pthread_mutex_unlock(&worker->lock);
		err.kind = ERR_NONE;
		(void)tree_sync(worker->batch, &err);
		pthread_mutex_lock(&worker->lock);
		worker->failure = err;
		worker->batch = NULL;
		pthread_cond_broadcast(&worker->changed);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

struct tree_worker *
tree_worker_start(void)
{
	struct tree_worker *worker = mem_zero(1, sizeof(*worker));

	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->changed, NULL);
	if (pthread_create(&worker->thread, NULL, work, worker) == 0)
		return worker;
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
	return NULL;
}

void
tree_worker_give(struct tree_worker *worker, const struct tree_batch *batch)
{
	pthread_mutex_lock(&worker->lock);
	worker->batch = batch;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
}

bool
tree_worker_is_busy(struct tree_worker *worker)
{
	bool is;

	pthread_mutex_lock(&worker->lock);
	is = worker->batch != NULL;
	pthread_mutex_unlock(&worker->lock);
	return is;
}

int
tree_worker_wait(struct tree_worker *worker, struct err *err)
{
	pthread_mutex_lock(&worker->lock);
	while (worker->batch != NULL)
		pthread_cond_wait(&worker->changed, &worker->lock);
	*err = worker->failure;
	pthread_mutex_unlock(&worker->lock);
	return err->kind == ERR_NONE ? 0 : -1;
}

void
tree_worker_free(struct tree_worker *worker)
{
	if (worker == NULL)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->is_ended = true;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}
