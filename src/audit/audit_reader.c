/*
 * Reads a file and hashes it, in a thread, while the first one looks at the
 * records in what was read.  So the findings come in the order in which they
 * would come without it.
 *
 *	idle	has_file is false
 *	busy	pieces are read until ${n_taken} says that there is no room,
 *		or the end; each is given out first, and then hashed
 *
 * A piece belongs to the thread but from when it is counted in ${n_read} to
 * when it is in ${n_taken}: then both read it, and neither writes to it.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/audit_internal.h"

#define PIECE (1u << 18)	/* small enough to stay in the cache */
#define PIECES 4

struct audit_reader {
	pthread_t thread;
	char *pieces[PIECES];
	ssize_t lens[PIECES];	/* 0: the end; -1: an error */
	int why;		/* errno of it */
	int fd;
	uint64_t left;		/* bytes of the file that count */
	struct sha256 *hash;

	pthread_mutex_t lock;	/* of what follows */
	pthread_cond_t changed;
	size_t n_read, n_taken;
	bool has_file, is_ended;
};

/* Wait for room.  Return where the next piece goes. */
static size_t
wait_for_room(struct audit_reader *reader)
{
	size_t at;

	pthread_mutex_lock(&reader->lock);
	while (reader->n_read - reader->n_taken == PIECES)
		pthread_cond_wait(&reader->changed, &reader->lock);
	at = reader->n_read % PIECES;
	pthread_mutex_unlock(&reader->lock);
	return at;
}

static void
read_file(struct audit_reader *reader)
{
	ssize_t n;
	size_t at;

	do {
		at = wait_for_room(reader);
		do
			n = read(reader->fd, reader->pieces[at],
			    reader->left < PIECE ? (size_t)reader->left :
			    PIECE);
		while (n == -1 && errno == EINTR);
		reader->why = errno;
		reader->lens[at] = n;
		pthread_mutex_lock(&reader->lock);
		reader->n_read++;
		pthread_cond_broadcast(&reader->changed);
		pthread_mutex_unlock(&reader->lock);
		if (n > 0) {
			reader->left -= (uint64_t)n;
			sha256_add(reader->hash, reader->pieces[at],
			    (size_t)n);
		}
	} while (n > 0);
}

static void *
work(void *cookie)
{
	struct audit_reader *reader = cookie;

	pthread_mutex_lock(&reader->lock);
	for (;;) {
		while (!reader->has_file && !reader->is_ended)
			pthread_cond_wait(&reader->changed, &reader->lock);
		if (!reader->has_file)
			break;
		pthread_mutex_unlock(&reader->lock);
		read_file(reader);
		pthread_mutex_lock(&reader->lock);
		reader->has_file = false;
		pthread_cond_broadcast(&reader->changed);
	}
	pthread_mutex_unlock(&reader->lock);
	return NULL;
}

struct audit_reader *
audit_reader_new(void)
{
	struct audit_reader *reader;
	size_t i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return NULL;
	reader = mem_zero(1, sizeof(*reader));
	for (i = 0; i < PIECES; i++)
		reader->pieces[i] = mem_alloc(PIECE);
	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->changed, NULL);
	if (pthread_create(&reader->thread, NULL, work, reader) == 0)
		return reader;
	reader->is_ended = true;
	audit_reader_free(reader);
	return NULL;
}

void
audit_reader_begin(struct audit_reader *reader, int fd, uint64_t most,
    struct sha256 *hash)
{
	reader->fd = fd;
	reader->left = most;
	reader->hash = hash;
	pthread_mutex_lock(&reader->lock);
	reader->n_read = reader->n_taken = 0;
	reader->has_file = true;
	pthread_cond_broadcast(&reader->changed);
	pthread_mutex_unlock(&reader->lock);
}

ssize_t
audit_reader_next(struct audit_reader *reader, const char **at)
{
	ssize_t n;

	pthread_mutex_lock(&reader->lock);
	while (reader->n_read == reader->n_taken)
		pthread_cond_wait(&reader->changed, &reader->lock);
	*at = reader->pieces[reader->n_taken % PIECES];
	n = reader->lens[reader->n_taken % PIECES];
	errno = reader->why;
	pthread_mutex_unlock(&reader->lock);
	return n;
}

void
audit_reader_took(struct audit_reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	reader->n_taken++;
	pthread_cond_broadcast(&reader->changed);
	pthread_mutex_unlock(&reader->lock);
}

void
audit_reader_end(struct audit_reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	while (reader->has_file)
		pthread_cond_wait(&reader->changed, &reader->lock);
	pthread_mutex_unlock(&reader->lock);
}

void
audit_reader_free(struct audit_reader *reader)
{
	bool has_thread;
	size_t i;

	if (reader == NULL)
		return;
	pthread_mutex_lock(&reader->lock);
	has_thread = !reader->is_ended;
	reader->is_ended = true;
	pthread_cond_broadcast(&reader->changed);
	pthread_mutex_unlock(&reader->lock);
	if (has_thread)
		pthread_join(reader->thread, NULL);
	pthread_cond_destroy(&reader->changed);
	pthread_mutex_destroy(&reader->lock);
	for (i = 0; i < PIECES; i++)
		free(reader->pieces[i]);
	free(reader);
}
