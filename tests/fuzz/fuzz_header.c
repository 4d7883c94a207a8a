/* What headers and options say: Retry-After, limits, links, dates, addresses,
 * keys. */

#include "fuzz.h"
#include "http/http_internal.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_copy(data, size), *server, *url;
	struct text out;
	struct err err;
	int64_t wall;
	bool is_odd;

	MUST(http_when(text, clock_real()) >= -1);
	MUST(http_date(text) >= -1);
	(void)clock_parse(text, &wall);
	(void)http_check_key(text, &err);
	(void)http_check_host(text, &err);
	server = http_check_server(text, &err);
	if (server != NULL)
		MUST(strncasecmp(server, "http", 4) == 0 &&
		    strcspn(strchr(server, ':') + 3, "@") >=
		    strcspn(strchr(server, ':') + 3, "/"));
	url = http_resolve("http://127.0.0.1:1/v5/logs?page=1", text);
	if (url != NULL)
		MUST(strncasecmp(url, "http://", 7) == 0 ||
		    strncasecmp(url, "https://", 8) == 0);
	free(url);
	MUST(quota_count(text) >= -1);
	url = http_next_link(text, &is_odd);
	MUST(url == NULL || strlen(url) + 2 <= size);
	free(url);
	url = http_follow("http://127.0.0.1:1/v5", NULL,
	    "http://127.0.0.1:1/v5/x", text, &err);
	MUST(url == NULL || http_same_origin(url, "http://127.0.0.1:1/"));
	text_init(&out, 500);
	http_explain((struct span){ text, size }, &out);
	free(url);
	free(server);
	text_release(&out);
	free(text);
	return 0;
}
