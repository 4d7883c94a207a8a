/* Run a fuzz target over files, where there is no fuzzer. */

#include "fuzz.h"

int
main(int argc, char **argv)
{
	struct text text;
	struct err err;
	int i;

	for (i = 1; i < argc; i++) {
		text_init(&text, 1 << 26);
		if (file_read(AT_FDCWD, argv[i], &text, &err) == -1) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)(text.data != NULL ?
		    text.data : ""), text.len);
		text_release(&text);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
