/* Names of files from a server's ids: never a way out of the export. */

#include <limits.h>

#include "fuzz.h"
#include "source/source.h"
#include "tree/tree.h"

static const char *
value(void *cookie, const struct source_var *var)
{
	(void)var;
	return cookie;
}

static void
check(const char *path)
{
	size_t n;

	MUST(*path != '/' && *path != '\0');
	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		MUST(n > 0 && n <= NAME_MAX);
		MUST(!(n == 1 && path[0] == '.'));
		MUST(!(n == 2 && path[0] == '.' && path[1] == '.'));
		MUST(strcspn(path, "\n\r\t\033\\") >= n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct source *source;
	static struct tree *tree;
	char *id = mem_copy(data, size);
	struct source_lookup lookup = { value, id };
	struct text path;
	struct err err;
	const char *missing;
	size_t i;

	fuzz_enter();
	if (source == NULL)
		MUST((source = source_open("humanloop", &err)) != NULL);
	if (tree == NULL)
		MUST((tree = tree_peek(".", &err)) != NULL);
	text_init(&path, 1 << 20);
	for (i = 0; i < source->n_resources; i++)
		if (source->resources[i].store != SOURCE_KEEP_NOTHING &&
		    tree_path(tree, &source->resources[i].file, &lookup, NULL,
		    &path, &missing) == 0)
			check(path.data);
	text_release(&path);
	free(id);
	return 0;
}
