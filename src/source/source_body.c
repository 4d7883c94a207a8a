/*
 * A request's JSON body: reading it from the definition, and writing it.
 */

#include <string.h>

#include "source/source_internal.h"

#define VALUE_MAX (1 << 20)

/* The names of the kinds in a definition: {number: "{page.size}"}. */
static const struct {
	const char *name;
	enum source_body_kind kind;
} kinds[] = {
	{ "text", SOURCE_BODY_TEXT },
	{ "number", SOURCE_BODY_NUMBER },
	{ "boolean", SOURCE_BODY_BOOLEAN },
	{ "time", SOURCE_BODY_TIME },
	{ "names", SOURCE_BODY_NAMES },
	{ "object", SOURCE_BODY_MAP },
};

/* The kind that this key names, or -1. */
static int
kind_named(const char *key)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (key != NULL && strcmp(kinds[i].name, key) == 0)
			return (int)i;
	return -1;
}

/* Is it "{number: ...}", perhaps with a "when", and not a map of values? */
static const struct yaml *
typed_value(const struct yaml *value)
{
	const struct yaml *item, *found = NULL;

	for (item = value->child; item != NULL; item = item->next) {
		if (kind_named(item->key) != -1 && found == NULL)
			found = item;
		else if (strcmp(item->key, "when") != 0)
			return NULL;
	}
	return found;
}

static struct source_body *read_value(struct source_reader *,
    const struct yaml *, const struct source_resource *);

static int
read_children(struct source_reader *r, const struct yaml *value,
    const struct source_resource *own, struct source_body *body)
{
	struct source_body **last = &body->child;
	const struct yaml *item;

	for (item = value->child; item != NULL; item = item->next) {
		if ((*last = read_value(r, item, own)) == NULL)
			return -1;
		last = &(*last)->next;
	}
	return 0;
}

/* Names come from a list option. */
static int
check_names(struct source_reader *r, const struct source_body *body)
{
	const struct source_template *value = &body->value;

	if (body->kind != SOURCE_BODY_NAMES)
		return 0;
	if (value->n == 1 && value->parts[0].text == NULL &&
	    value->parts[0].var.kind == SOURCE_OPTION &&
	    value->parts[0].var.option->kind == CONFIG_LIST)
		return 0;
	return source_wrong(r, body->line, "\"names\": expected one "
	    "{option.NAME} that is a list");
}

static int
read_typed(struct source_reader *r, const struct yaml *map,
    const struct yaml *value, const struct source_resource *own,
    struct source_body *body)
{
	body->kind = kinds[kind_named(value->key)].kind;
	if (source_when(r, map, own, &body->when) == -1)
		return -1;
	if (body->kind != SOURCE_BODY_MAP)
		return source_template_of(r, value, own, &body->value) == -1 ?
		    -1 : check_names(r, body);
	if (value->kind != YAML_MAP)
		return source_wrong(r, value->line, "\"object\": expected "
		    "names and values");
	return read_children(r, value, own, body);
}

static struct source_body *
read_value(struct source_reader *r, const struct yaml *value,
    const struct source_resource *own)
{
	struct source_body *body = arena_take(r->arena, sizeof(*body));
	const struct yaml *typed;
	int rc;

	body->name = value->key;
	body->line = value->line;
	switch (value->kind) {
	case YAML_SCALAR:
		body->kind = SOURCE_BODY_TEXT;
		rc = source_template_of(r, value, own, &body->value);
		break;
	case YAML_LIST:
		body->kind = SOURCE_BODY_LIST;
		rc = read_children(r, value, own, body);
		break;
	case YAML_MAP:
	default:
		body->kind = SOURCE_BODY_MAP;
		typed = typed_value(value);
		rc = typed != NULL ? read_typed(r, value, typed, own, body) :
		    read_children(r, value, own, body);
		break;
	}
	return rc == 0 ? body : NULL;
}

int
source_body_of(struct source_reader *r, const struct yaml *map,
    struct source_resource *own)
{
	const struct yaml *value = yaml_get(map, "body");
	const char *method;

	if (source_text(r, map, "method", false, &method) == -1)
		return -1;
	if (method != NULL && strcmp(method, "GET") != 0 &&
	    strcmp(method, "POST") != 0)
		return source_wrong(r, yaml_get(map, "method")->line,
		    "\"method\": expected GET or POST");
	own->is_post = method != NULL && strcmp(method, "POST") == 0;
	if (value == NULL)
		return 0;
	if (!own->is_post)
		return source_wrong(r, value->line, "a \"body\" is sent by "
		    "POST only: expected \"method: POST\"");
	if (value->kind != YAML_MAP)
		return source_wrong(r, value->line, "\"body\": expected "
		    "names and values");
	own->body = read_value(r, value, own);
	return own->body != NULL ? 0 : -1;
}

int
source_body_each(const struct source_body *body,
    int (*check)(void *, const struct source_body *), void *cookie)
{
	const struct source_body *child;

	if (body == NULL)
		return 0;
	if (check(cookie, body) == -1)
		return -1;
	for (child = body->child; child != NULL; child = child->next)
		if (source_body_each(child, check, cookie) == -1)
			return -1;
	return 0;
}

static int
stop_at(void *cookie, const struct source_body *body)
{
	const enum source_var_kind *kind = cookie;
	size_t i;

	for (i = 0; i < body->value.n; i++)
		if (body->value.parts[i].text == NULL &&
		    body->value.parts[i].var.kind == *kind)
			return -1;
	return 0;
}

bool
source_body_asks(const struct source_body *body, enum source_var_kind kind)
{
	return source_body_each(body, stop_at, &kind) == -1;
}

/* -------------------------------------------------------------- writing */

static void
add_string(struct text *out, const char *data, size_t len)
{
	size_t i;

	text_addc(out, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '"' || c == '\\')
			text_addf(out, "\\%c", c);
		else if (c < 0x20)
			text_addf(out, "\\u%04x", c);
		else
			text_addc(out, (char)c);
	}
	text_addc(out, '"');
}

/* Is it a JSON number (RFC 8259, section 6)? */
static bool
is_number(const char *p)
{
	size_t n;

	p += *p == '-';
	n = strspn(p, "0123456789");
	if (n == 0 || (n > 1 && *p == '0'))
		return false;
	p += n;
	if (*p == '.') {
		n = strspn(p + 1, "0123456789");
		if (n == 0)
			return false;
		p += n + 1;
	}
	if (*p == 'e' || *p == 'E') {
		p += 1 + (p[1] == '-' || p[1] == '+');
		n = strspn(p, "0123456789");
		if (n == 0)
			return false;
		p += n;
	}
	return *p == '\0';
}

static int
not_of_kind(const struct source_body *body, const char *value,
    const char *kind, struct err *err)
{
	return err_set(err, ERR_USAGE, "the request's \"%s\" would be "
	    "\"%.60s\"; expected %s",
	    body->name != NULL ? body->name : "item", value, kind);
}

static int
add_time(struct text *out, const struct source_body *body, const char *value,
    struct err *err)
{
	char when[32];
	int64_t wall;

	if (clock_parse(value, &wall) == -1)
		return not_of_kind(body, value, "a time", err);
	if (wall % 1000 == 0)
		clock_second(wall, when);
	else
		clock_rfc3339(wall, when);
	add_string(out, when, strlen(when));
	return 0;
}

static void
add_names(struct text *out, const char *items)
{
	size_t n;

	text_addc(out, '[');
	for (;; items += n + 1) {
		n = strcspn(items, ",");
		add_string(out, items, n);
		if (items[n] == '\0')
			break;
		text_addc(out, ',');
	}
	text_addc(out, ']');
}

/* Write a value; it is not empty. */
static int
add_leaf(struct text *out, const struct source_body *body, const char *value,
    struct err *err)
{
	switch (body->kind) {
	case SOURCE_BODY_MAP:
	case SOURCE_BODY_LIST:
		return 0;
	case SOURCE_BODY_TEXT:
		add_string(out, value, strlen(value));
		return 0;
	case SOURCE_BODY_NUMBER:
		if (!is_number(value))
			return not_of_kind(body, value, "a number", err);
		text_adds(out, value);
		return 0;
	case SOURCE_BODY_BOOLEAN:
		if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
			return not_of_kind(body, value, "true or false", err);
		text_adds(out, value);
		return 0;
	case SOURCE_BODY_TIME:
		return add_time(out, body, value, err);
	case SOURCE_BODY_NAMES:
		add_names(out, value);
		return 0;
	}
	return 0;
}

/* Write a value, preceded by a comma and its name as needed.  The recursion
 * is bounded: YAML values nest at most 32 levels. */
static int
add_value(struct text *out, const struct source_body *body,
    const struct source_lookup *lookup, bool *first, struct err *err)
{
	bool is_map = body->kind == SOURCE_BODY_MAP, none = true;
	bool is_leaf = !is_map && body->kind != SOURCE_BODY_LIST;
	const struct source_body *child;
	struct text value;
	int rc = 0;

	if (!source_holds(&body->when, lookup))
		return 0;
	text_init(&value, VALUE_MAX);
	if (is_leaf)
		source_text_of(&body->value, lookup, &value);
	if (value.over) {
		rc = err_set(err, ERR_USAGE, "the request's \"%s\" would be "
		    "longer than %d bytes", body->name != NULL ? body->name :
		    "item", VALUE_MAX);
		goto done;
	}
	if (is_leaf && value.len == 0)
		goto done;
	text_adds(out, *first ? "" : ",");
	*first = false;
	if (body->name != NULL) {
		add_string(out, body->name, strlen(body->name));
		text_addc(out, ':');
	}
	if (is_leaf) {
		rc = add_leaf(out, body, value.data, err);
		goto done;
	}
	text_addc(out, is_map ? '{' : '[');
	for (child = body->child; child != NULL && rc == 0;
	    child = child->next)
		rc = add_value(out, child, lookup, &none, err);
	text_addc(out, is_map ? '}' : ']');
done:
	text_release(&value);
	return rc;
}

int
source_body(const struct source_resource *resource,
    const struct source_lookup *lookup, struct text *out, struct err *err)
{
	struct source_body top;
	bool first = true;

	if (resource->body == NULL) {
		text_adds(out, "{}");
		return 0;
	}
	top = *resource->body;
	top.name = NULL;
	if (add_value(out, &top, lookup, &first, err) == -1)
		return -1;
	return !out->over ? 0 : err_set(err, ERR_USAGE, "the request's body "
	    "would be longer than %zu bytes", out->max);
}
