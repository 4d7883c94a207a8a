#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_mem.h"
#include "base/base_sha256.h"

struct sha256 {
	EVP_MD_CTX *sum;
	EVP_MD_CTX *peek;	/* a copy to be finished while ${sum} goes on */
};

/* libcrypto fails here only when it has no memory or no SHA-256 at all. */
static void
must(int ok)
{
	if (ok == 1)
		return;
	fputs("hlexport: libcrypto can't do SHA-256\n", stderr);
	exit(1);
}

/* EVP_sha256() is looked up at every start of a hash; this is done once. */
static const EVP_MD *
sha256_method(void)
{
	static EVP_MD *method;

	if (method == NULL)
		must((method = EVP_MD_fetch(NULL, "SHA256", NULL)) != NULL);
	return method;
}

struct sha256 *
sha256_new(void)
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
	must(EVP_DigestInit_ex2(hash->sum, sha256_method(), NULL));
}

void
sha256_add(struct sha256 *hash, const void *at, size_t len)
{
	must(EVP_DigestUpdate(hash->sum, at, len));
}

void
sha256_peek(const struct sha256 *hash, unsigned char out[SHA256_BYTES])
{
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
sha256_of(const void *at, size_t len, unsigned char out[SHA256_BYTES])
{
	static EVP_MD_CTX *sum;

	if (sum == NULL)
		must((sum = EVP_MD_CTX_new()) != NULL);
	must(EVP_DigestInit_ex2(sum, sha256_method(), NULL));
	must(EVP_DigestUpdate(sum, at, len));
	must(EVP_DigestFinal_ex(sum, out, NULL));
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
