/*
 * SHA-256 with the processor's instructions where it has them
 * (base_sha256_ni.c), else with libcrypto.
 */

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_mem.h"
#include "base/base_sha256.h"
#include "base/base_sha256_ni.h"

struct sha256 {
	EVP_MD_CTX *sum;	/* NULL: use the members below */
	EVP_MD_CTX *peek;	/* a copy of ${sum} to finalize */
	uint32_t state[SHA256_WORDS];
	uint64_t len;		/* bytes added so far */
	unsigned char rest[SHA256_BLOCK];	/* the last ${len} % 64 */
};

/* libcrypto fails here only if it is out of memory or lacks SHA-256. */
static void
must(int ok)
{
	if (ok == 1)
		return;
	fputs("hlexport: libcrypto does not provide SHA-256\n", stderr);
	exit(1);
}

/* EVP_sha256() would be looked up for every hash; fetch it once instead. */
static const EVP_MD *
sha256_method(void)
{
	static EVP_MD *method;

	if (method == NULL)
		must((method = EVP_MD_fetch(NULL, "SHA256", NULL)) != NULL);
	return method;
}

static bool
can_here(void)
{
	static int can = -1;

	if (can == -1)
		can = sha256_ni_can();
	return can == 1;
}

static void
begin_here(struct sha256 *hash)
{
	static const uint32_t state[SHA256_WORDS] = { 0x6a09e667, 0xbb67ae85,
	    0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
	    0x5be0cd19 };

	memcpy(hash->state, state, sizeof(state));
	hash->len = 0;
}

static void
add_here(struct sha256 *hash, const unsigned char *data, size_t len)
{
	size_t have = hash->len % SHA256_BLOCK, n;

	hash->len += len;
	if (have > 0) {
		n = SHA256_BLOCK - have < len ? SHA256_BLOCK - have : len;
		memcpy(&hash->rest[have], data, n);
		data += n;
		len -= n;
		if (have + n < SHA256_BLOCK)
			return;
		sha256_ni(hash->state, hash->rest, 1);
	}
	n = len / SHA256_BLOCK;
	if (n > 0)
		sha256_ni(hash->state, data, n);
	if (len % SHA256_BLOCK > 0)
		memcpy(hash->rest, &data[n * SHA256_BLOCK], len % SHA256_BLOCK);
}

/* The padding: a one bit, zeros, and the length in bits. */
static void
end_here(struct sha256 *hash, unsigned char out[SHA256_BYTES])
{
	static const unsigned char padding[SHA256_BLOCK] = { 0x80 };
	uint64_t bits = hash->len * 8;
	unsigned char len[8];
	size_t i;

	for (i = 0; i < sizeof(len); i++)
		len[i] = (unsigned char)(bits >> (56 - 8 * i));
	add_here(hash, padding, SHA256_BLOCK -
	    (hash->len + sizeof(len)) % SHA256_BLOCK);
	add_here(hash, len, sizeof(len));
	for (i = 0; i < SHA256_BYTES; i++)
		out[i] = (unsigned char)(hash->state[i / 4] >>
		    (24 - i % 4 * 8));
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *hash;

	if (!can_here())
		return sha256_new_slow();
	hash = mem_zero(1, sizeof(*hash));
	begin_here(hash);
	return hash;
}

struct sha256 *
sha256_new_slow(void)
{
	struct sha256 *hash = mem_zero(1, sizeof(*hash));

	must((hash->sum = EVP_MD_CTX_new()) != NULL);
	must((hash->peek = EVP_MD_CTX_new()) != NULL);
	sha256_restart(hash);
	return hash;
}

void
sha256_restart(struct sha256 *hash)
{
	if (hash->sum == NULL)
		begin_here(hash);
	else
		must(EVP_DigestInit_ex2(hash->sum, sha256_method(), NULL));
}

void
sha256_add(struct sha256 *hash, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (hash->sum == NULL)
		add_here(hash, data, len);
	else
		must(EVP_DigestUpdate(hash->sum, data, len));
}

void
sha256_add_two(struct sha256 *a, struct span first, struct sha256 *b,
    struct span second)
{
	size_t n = (first.len < second.len ? first.len : second.len) /
	    SHA256_BLOCK, done = n * SHA256_BLOCK;

	if (n > 0 && a->sum == NULL && b->sum == NULL &&
	    a->len % SHA256_BLOCK == 0 && b->len % SHA256_BLOCK == 0) {
		sha256_ni_two(a->state, (const unsigned char *)first.data,
		    b->state, (const unsigned char *)second.data, n);
		a->len += done;
		b->len += done;
	} else {
		done = 0;
	}
	sha256_add(a, first.data + done, first.len - done);
	sha256_add(b, second.data + done, second.len - done);
}

void
sha256_peek(const struct sha256 *hash, unsigned char out[SHA256_BYTES])
{
	struct sha256 copy;

	if (hash->sum == NULL) {
		copy = *hash;
		end_here(&copy, out);
		return;
	}
	must(EVP_MD_CTX_copy_ex(hash->peek, hash->sum));
	must(EVP_DigestFinal_ex(hash->peek, out, NULL));
}

void
sha256_free(struct sha256 *hash)
{
	if (hash == NULL)
		return;
	EVP_MD_CTX_free(hash->sum);
	EVP_MD_CTX_free(hash->peek);
	free(hash);
}

void
sha256_of(const void *data, size_t len, unsigned char out[SHA256_BYTES])
{
	struct sha256 hash;

	if (!can_here()) {
		must(EVP_Digest(data, len, out, NULL, sha256_method(), NULL));
		return;
	}
	begin_here(&hash);
	if (len > 0)
		add_here(&hash, data, len);
	end_here(&hash, out);
}

void
sha256_hex(const unsigned char hash[SHA256_BYTES], char out[SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < SHA256_BYTES; i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[2 * SHA256_BYTES] = '\0';
}

int
sha256_from_hex(const char *hex, unsigned char out[SHA256_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (strlen(hex) != 2 * SHA256_BYTES)
		return -1;
	for (i = 0; i < 2 * SHA256_BYTES; i++) {
		const char *digit = strchr(digits, hex[i]);

		if (digit == NULL)
			return -1;
		out[i / 2] = (unsigned char)(i % 2 == 0 ?
		    (digit - digits) << 4 : out[i / 2] | (digit - digits));
	}
	return 0;
}

const char *
sha256_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}
