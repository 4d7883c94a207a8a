/* Definitions of sources. */

#include "fuzz.h"
#include "source/source.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	struct source *source = source_parse("fuzz", (struct span){
	    (const char *)data, size }, &err);

	if (source == NULL)
		MUST(err.text[0] != '\0');
	source_free(source);
	return 0;
}
