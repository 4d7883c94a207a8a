/*
 * What two rooms need by themselves, for bench.py:
 *
 *	rooms scan FILE		MB/s of the scanner over FILE, checked whole, by
 *				processor time
 *	rooms replay DIR PAGES	milliseconds to read a manifest of PAGES pages
 *				of 100 records, made in DIR
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manifest/manifest.h"
#include "page/page.h"

#define PAGES_EACH 50	/* of a listing */

static void
die(const struct err *err)
{
	fprintf(stderr, "rooms: %s\n", err->text);
	exit(1);
}

static void
scan(const char *path)
{
	uint64_t done = 0;
	struct text text;
	clock_t began, used;
	struct err err;

	text_init(&text, 1 << 30);
	if (file_read(AT_FDCWD, path, &text, &err) == -1)
		die(&err);
	began = clock();
	do {
		if (page_check(text.data, text.len, &err) == -1)
			die(&err);
		done += text.len;
		used = clock() - began;
	} while (used < CLOCKS_PER_SEC);
	printf("%.0f\n", (double)done * CLOCKS_PER_SEC / (double)used / 1e6);
	text_release(&text);
}

static void
say_page(struct manifest *manifest, unsigned number)
{
	char *key = mem_format("logs/pr_%018u", number / PAGES_EACH);
	uint64_t first = number % PAGES_EACH * 100;
	struct tree_receipt receipt = { .lines = first % 1000 + 100,
	    .bytes = (first % 1000 + 100) * 2500,
	    .path = mem_format("files/pr_%018u/logs/%llu.jsonl",
	    number / PAGES_EACH, (unsigned long long)first / 1000 + 1) };
	struct tree_receipts receipts = { &receipt, 1, 1 };
	struct manifest_page page = { .first = first, .count = 100,
	    .pass = 1, .received = 100, .distinct = 100, .kept = 100,
	    .position = first, .total = PAGES_EACH * 100 + 1, .size = 100 };

	memset(receipt.sha256, (int)(number & 0xff), sizeof(receipt.sha256));
	manifest_say_page(manifest, key, &page, &receipts);
	free(receipt.path);
	free(key);
}

static void
replay(const char *dir, unsigned pages)
{
	json_t *header = json_pack("{s:s, s:s}", "source", "humanloop",
	    "tool", "bench");
	struct log *log = log_new(LOG_ERROR, LOG_ERROR);
	struct manifest *manifest;
	struct tree *tree;
	int64_t began;
	struct err err;
	unsigned i;

	if ((tree = tree_create(dir, &err)) == NULL ||
	    (manifest = manifest_create(tree, header, &err)) == NULL)
		die(&err);
	for (i = 0; i < pages; i++)
		say_page(manifest, i);
	if (manifest_flush(manifest, &err) == -1)
		die(&err);
	manifest_close(manifest);
	began = clock_ms();
	if ((manifest = manifest_open(tree, log, &err)) == NULL)
		die(&err);
	printf("%lld\n", (long long)(clock_ms() - began));
	manifest_close(manifest);
	tree_close(tree);
	log_free(log);
	json_decref(header);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "scan") == 0)
		scan(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "replay") == 0)
		replay(argv[2], (unsigned)atoi(argv[3]));
	else
		return 2;
	return 0;
}
