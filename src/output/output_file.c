/*
 * A file that is written once, optionally compressed; the same input always
 * produces the same bytes.  A thread compresses, hashes and writes one block
 * while the next is filled.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "output/output_internal.h"

#define CHUNK (1 << 17)
#define BLOCK (1 << 20)
#define ZSTD_LEVEL 3

struct output_file {
	int fd;
	char *path;
	struct sha256 *hash;
	uint64_t bytes;
	z_stream *gzip;
	ZSTD_CStream *zstd;
	unsigned char chunk[CHUNK];

	struct text filling;	/* the next block for the thread */
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;	/* protects the fields below */
	pthread_cond_t changed;
	struct text block;	/* the thread's block; empty: it waits */
	bool is_last;		/* no block follows */
	struct err failure;	/* ERR_NONE if none */
};

static int
write_bytes(struct output_file *file, const void *data, size_t len,
    struct err *err)
{
	struct iovec bytes = { (void *)(uintptr_t)data, len };

	sha256_add(file->hash, data, len);
	file->bytes += len;
	if (len > 0 && file_write(file->fd, &bytes, 1, err) == -1)
		return err_wrap(err, "%s", file->path);
	return 0;
}

static int
put_gzip(struct output_file *file, const char *data, size_t len, int flush,
    struct err *err)
{
	z_stream *z = file->gzip;

	z->next_in = (unsigned char *)(uintptr_t)data;
	z->avail_in = (unsigned)len;
	do {
		z->next_out = file->chunk;
		z->avail_out = CHUNK;
		deflate(z, flush);
		if (write_bytes(file, file->chunk, CHUNK - z->avail_out,
		    err) == -1)
			return -1;
	} while (z->avail_out == 0);
	return 0;
}

static int
put_zstd(struct output_file *file, const char *data, size_t len,
    ZSTD_EndDirective how, struct err *err)
{
	ZSTD_inBuffer in = { data, len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { file->chunk, CHUNK, 0 };

		left = ZSTD_compressStream2(file->zstd, &out, &in, how);
		if (ZSTD_isError(left))
			return err_set(err, ERR_INTERNAL, "%s: zstd: %s",
			    file->path, ZSTD_getErrorName(left));
		if (write_bytes(file, file->chunk, out.pos, err) == -1)
			return -1;
	} while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return 0;
}

static int
put_block(struct output_file *file, const char *data, size_t len,
    struct err *err)
{
	if (file->gzip != NULL)
		return put_gzip(file, data, len, Z_NO_FLUSH, err);
	if (file->zstd != NULL)
		return put_zstd(file, data, len, ZSTD_e_continue, err);
	return write_bytes(file, data, len, err);
}

/* ---------------------------------------------------------------- thread */

static void *
write_blocks(void *cookie)
{
	struct output_file *file = cookie;
	struct err err;
	int rc = 0;

	pthread_mutex_lock(&file->lock);
	for (;;) {
		while (file->block.len == 0 && !file->is_last)
			pthread_cond_wait(&file->changed, &file->lock);
		if (file->block.len == 0)
			break;
		pthread_mutex_unlock(&file->lock);
		if (rc == 0)
			rc = put_block(file, file->block.data, file->block.len,
			    &err);
		pthread_mutex_lock(&file->lock);
		if (rc == -1)
			file->failure = err;
		text_clear(&file->block);
		pthread_cond_signal(&file->changed);
	}
	pthread_mutex_unlock(&file->lock);
	return NULL;
}

static int
start_thread(struct output_file *file, struct err *err)
{
	errno = pthread_create(&file->thread, NULL, write_blocks, file);
	file->has_thread = errno == 0;
	return file->has_thread ? 0 : err_errno(err, ERR_INTERNAL,
	    "start a writer thread");
}

/* Give the thread the filled block once it has finished the last. */
static int
hand_over(struct output_file *file, struct err *err)
{
	struct text block;
	int rc = 0;

	pthread_mutex_lock(&file->lock);
	while (file->block.len > 0)
		pthread_cond_wait(&file->changed, &file->lock);
	block = file->block;
	file->block = file->filling;
	file->filling = block;
	if (file->failure.kind != ERR_NONE) {
		*err = file->failure;
		rc = -1;
	}
	pthread_cond_signal(&file->changed);
	pthread_mutex_unlock(&file->lock);
	return rc;
}

/* Let the thread finish and join it.  0; or -1 if it failed. */
static int
end_thread(struct output_file *file, struct err *err)
{
	if (!file->has_thread)
		return 0;
	pthread_mutex_lock(&file->lock);
	file->is_last = true;
	pthread_cond_signal(&file->changed);
	pthread_mutex_unlock(&file->lock);
	pthread_join(file->thread, NULL);
	if (file->failure.kind == ERR_NONE)
		return 0;
	if (err != NULL)
		*err = file->failure;
	return -1;
}

/* ------------------------------------------------------------------ file */

struct output_file *
output_file_new(const char *path, enum output_compress compress,
    struct err *err)
{
	struct output_file *file = mem_zero(1, sizeof(*file));

	file->path = mem_text(path);
	text_init(&file->filling, SIZE_MAX / 4);
	text_init(&file->block, SIZE_MAX / 4);
	pthread_mutex_init(&file->lock, NULL);
	pthread_cond_init(&file->changed, NULL);
	file->hash = sha256_new();
	file->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file->fd == -1) {
		err_errno(err, ERR_DISK, "create %s", path);
		output_file_end(file, NULL, NULL);
		return NULL;
	}
	if (compress == OUTPUT_GZIP) {
		file->gzip = mem_zero(1, sizeof(*file->gzip));
		/* 16 adds gzip's header, which here has no time. */
		deflateInit2(file->gzip, 6, Z_DEFLATED, 15 + 16, 8,
		    Z_DEFAULT_STRATEGY);
	} else if (compress == OUTPUT_ZSTD) {
		file->zstd = ZSTD_createCStream();
		ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_compressionLevel,
		    ZSTD_LEVEL);
		ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_checksumFlag, 1);
	}
	if (start_thread(file, err) == -1) {
		output_file_end(file, NULL, NULL);
		return NULL;
	}
	return file;
}

int
output_file_put(void *cookie, const char *data, size_t len, struct err *err)
{
	struct output_file *file = cookie;

	text_add(&file->filling, data, len);
	return file->filling.len < BLOCK ? 0 : hand_over(file, err);
}

int
output_file_end(struct output_file *file, struct output_made *made,
    struct err *err)
{
	int rc = 0;

	if (file == NULL)
		return 0;
	if (made != NULL)
		rc = hand_over(file, err);
	if (end_thread(file, rc == 0 && made != NULL ? err : NULL) == -1)
		rc = -1;
	if (rc == 0 && made != NULL && file->gzip != NULL)
		rc = put_gzip(file, "", 0, Z_FINISH, err);
	else if (rc == 0 && made != NULL && file->zstd != NULL)
		rc = put_zstd(file, "", 0, ZSTD_e_end, err);
	if (file->fd != -1 && close(file->fd) == -1 && rc == 0 &&
	    made != NULL)
		rc = err_errno(err, ERR_DISK, "close %s", file->path);
	if (made != NULL) {
		made->bytes = file->bytes;
		sha256_peek(file->hash, made->sha256);
	}
	if (file->gzip != NULL)
		deflateEnd(file->gzip);
	ZSTD_freeCStream(file->zstd);
	free(file->gzip);
	sha256_free(file->hash);
	text_release(&file->filling);
	text_release(&file->block);
	pthread_mutex_destroy(&file->lock);
	pthread_cond_destroy(&file->changed);
	free(file->path);
	free(file);
	return rc;
}

int
output_file_peek(const char *path, struct output_made *made, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sha256 *hash = sha256_new();
	static char chunk[CHUNK];
	ssize_t n = -1;

	made->bytes = 0;
	while (fd != -1 && (n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		sha256_add(hash, chunk, (size_t)n);
		made->bytes += (uint64_t)n;
	}
	sha256_peek(hash, made->sha256);
	sha256_free(hash);
	if (n == -1)
		err_errno(err, ERR_DISK, "read %s", path);
	if (fd != -1)
		close(fd);
	return n == -1 ? -1 : 0;
}
