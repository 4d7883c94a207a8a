/*
 * Summaries of the bodies of error replies.
 */

#include <jansson.h>
#include <string.h>

#include "http/http_internal.h"

#define WORDS_MAX 120

static void add_reported(json_t *, struct text *);

/* "query.page: ensure this value ..." of a FastAPI validation error. */
static void
add_validation(json_t *item, struct text *text)
{
	json_t *place = json_object_get(item, "loc"), *step;
	size_t i;

	json_array_foreach(place, i, step) {
		if (json_is_string(step))
			text_addf(text, "%s%s", i > 0 ? "." : "",
			    json_string_value(step));
		else if (json_is_integer(step))
			text_addf(text, "[%lld]",
			    (long long)json_integer_value(step));
	}
	if (json_array_size(place) > 0)
		text_adds(text, ": ");
	add_reported(json_object_get(item, "msg"), text);
}

/* "missing_field: " of {"code": "missing_field", "message": ...}. */
static void
add_code(json_t *value, struct text *text)
{
	const char *code = json_string_value(json_object_get(value, "code"));

	if (code == NULL || !json_is_string(json_object_get(value,
	    "message")))
		return;
	text_add_visible(text, code, strlen(code) < WORDS_MAX ?
	    strlen(code) : WORDS_MAX);
	text_adds(text, ": ");
}

/* Add the message in a value, in any of the forms that servers use. */
static void
add_reported(json_t *value, struct text *text)
{
	static const char *const names[] = { "detail", "error", "message",
	    "description", "msg" };
	const char *reported;
	size_t i;

	if (json_is_string(value)) {
		reported = json_string_value(value);
		text_add_visible(text, reported, strlen(reported) < WORDS_MAX ?
		    strlen(reported) : WORDS_MAX);
	} else if (json_is_array(value)) {
		value = json_array_get(value, 0);
		if (json_object_get(value, "loc") != NULL)
			add_validation(value, text);
		else if (value != NULL)
			add_reported(value, text);
	} else if (json_is_object(value)) {
		add_code(value, text);
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (json_object_get(value, names[i]) != NULL) {
				add_reported(json_object_get(value, names[i]),
				    text);
				return;
			}
		}
	}
}

void
http_explain(struct span body, struct text *text)
{
	size_t i = 0;
	json_t *json;

	if (body.data == NULL || body.len == 0) {
		text_adds(text, "an empty body");
		return;
	}
	json = body.len <= 65536 ? json_loadb(body.data, body.len,
	    JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	if (json != NULL) {
		add_reported(json, text);
		json_decref(json);
		return;
	}
	while (i < body.len && strchr(" \t\r\n", body.data[i]) != NULL)
		i++;
	if (i < body.len && body.data[i] == '<') {
		text_adds(text, "a page of HTML");
		return;
	}
	text_add_visible(text, &body.data[i], body.len - i < 60 ?
	    body.len - i : 60);
}
