/* Files like .env. */

#include "config/config.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_env *env;
	struct err err;

	fuzz_enter();
	fuzz_write("env", data, size);
	env = config_env_new("env", true, &err);
	if (env != NULL) {
		(void)config_env_get(env, "A");
		(void)config_env_get(env, "HUMANLOOP_API_KEY");
	} else {
		MUST(strncmp(err.text, "env", 3) == 0);
	}
	config_env_free(env);
	return 0;
}
