#include <string.h>
#include <yaml.h>

#include "base/base_set.h"
#include "base/base_yaml.h"

#define MAX_LEVELS 32

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;	/* the current one */
	const char *name;
	struct arena *arena;
	struct err *err;
};

static int
complain(struct reader *r, size_t line, const char *what)
{
	return err_set(r->err, ERR_USAGE, "%s:%zu: %s", r->name, line + 1,
	    what);
}

/* Move to the next event. */
static int
advance(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return 0;
	memset(&r->event, 0, sizeof(r->event));
	return complain(r, r->parser.problem_mark.line,
	    r->parser.problem != NULL ? r->parser.problem : "invalid YAML");
}

static struct yaml *read_value(struct reader *, int);

/* Refuse anchors, aliases and tags. */
static int
check_plain_data(struct reader *r)
{
	const yaml_event_t *event = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return complain(r, event->start_mark.line,
		    "aliases (*name) are not supported; write the value out");
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor != NULL)
		return complain(r, event->start_mark.line,
		    "anchors (&name) are not supported; write the value out");
	if (tag != NULL)
		return complain(r, event->start_mark.line,
		    "tags (!name) are not supported");
	return 0;
}

static struct yaml *
new_value(struct reader *r, enum yaml_kind kind)
{
	struct yaml *value = arena_take(r->arena, sizeof(*value));

	value->kind = kind;
	value->line = (int)r->event.start_mark.line + 1;
	return value;
}

static struct yaml *
read_scalar(struct reader *r)
{
	struct yaml *value = new_value(r, YAML_SCALAR);

	if (memchr(r->event.data.scalar.value, '\0',
	    r->event.data.scalar.length) != NULL) {
		complain(r, r->event.start_mark.line,
		    "a NUL character in a string");
		return NULL;
	}
	value->text = arena_copy(r->arena,
	    (const char *)r->event.data.scalar.value,
	    r->event.data.scalar.length);
	value->plain =
	    r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return advance(r) == 0 ? value : NULL;
}

/* The keys of a map so far, searched linearly while they are few. */
#define FEW_KEYS 32

struct keys {
	const struct yaml *map;
	size_t n;
	struct set *set;	/* of all keys, once they are many */
};

static bool
is_new_key(struct keys *keys, const char *key)
{
	const struct yaml *item;

	if (++keys->n < FEW_KEYS)
		return yaml_get(keys->map, key) == NULL;
	if (keys->set == NULL) {
		keys->set = set_new();
		for (item = keys->map->child; item != NULL; item = item->next)
			set_add(keys->set, item->key, strlen(item->key));
	}
	return set_add(keys->set, key, strlen(key));
}

/* Read a key of a map; it must be text, and unique in the map. */
static const char *
read_key(struct reader *r, struct keys *keys)
{
	size_t line = r->event.start_mark.line;
	struct yaml *key;

	if (r->event.type != YAML_SCALAR_EVENT) {
		complain(r, line, "a map key must be a string");
		return NULL;
	}
	if (check_plain_data(r) == -1 || (key = read_scalar(r)) == NULL)
		return NULL;
	if (!is_new_key(keys, key->text)) {
		err_set(r->err, ERR_USAGE, "%s:%zu: duplicate key \"%s\"",
		    r->name, line + 1, key->text);
		return NULL;
	}
	return key->text;
}

/* Read the items of a list or a map, up to its end. */
static int
read_each(struct reader *r, struct yaml *value, struct keys *keys, int level)
{
	bool is_map = value->kind == YAML_MAP;
	struct yaml **last = &value->child;
	const char *key = NULL;

	while (r->event.type != (is_map ? YAML_MAPPING_END_EVENT :
	    YAML_SEQUENCE_END_EVENT)) {
		if (is_map && (key = read_key(r, keys)) == NULL)
			return -1;
		if ((*last = read_value(r, level + 1)) == NULL)
			return -1;
		(*last)->key = key;
		last = &(*last)->next;
	}
	return 0;
}

static struct yaml *
read_items(struct reader *r, enum yaml_kind kind, int level)
{
	struct yaml *value = new_value(r, kind);
	struct keys keys = { .map = value };
	int rc = advance(r) == -1 ? -1 : read_each(r, value, &keys, level);

	set_free(keys.set);
	return rc == 0 && advance(r) == 0 ? value : NULL;
}

static struct yaml *
read_value(struct reader *r, int level)
{
	if (check_plain_data(r) == -1)
		return NULL;
	if (level > MAX_LEVELS) {
		complain(r, r->event.start_mark.line, "nested too deeply");
		return NULL;
	}
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r);
	case YAML_SEQUENCE_START_EVENT:
		return read_items(r, YAML_LIST, level);
	case YAML_MAPPING_START_EVENT:
		return read_items(r, YAML_MAP, level);
	default:
		complain(r, r->event.start_mark.line, "missing value");
		return NULL;
	}
}

/* Read a stream that holds exactly one document. */
static struct yaml *
read_document(struct reader *r)
{
	struct yaml *top;

	if (advance(r) == -1 || advance(r) == -1)
		return NULL;
	if (r->event.type != YAML_DOCUMENT_START_EVENT) {
		complain(r, 0, "the file is empty");
		return NULL;
	}
	if (advance(r) == -1 || (top = read_value(r, 1)) == NULL ||
	    advance(r) == -1)
		return NULL;
	if (r->event.type != YAML_STREAM_END_EVENT) {
		complain(r, r->event.start_mark.line,
		    "a second document; expected only one");
		return NULL;
	}
	return top;
}

/*
 * Find a directive ("%TAG"): libyaml takes quadratic time for many of them.
 * Return its line number, or 0.
 */
static size_t
find_directive(const char *data, size_t len)
{
	const char *p = data, *stop = data + len;
	size_t line = 1;

	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; p < stop; line++) {
		if (*p == '%')
			return line;
		while (p < stop && *p != '\n' && *p != '\r')
			p++;
		p += p < stop;
	}
	return 0;
}

struct yaml *
yaml_parse(struct arena *arena, const char *name, const char *data, size_t len,
    struct err *err)
{
	struct reader r = { .name = name, .arena = arena, .err = err };
	size_t directive = find_directive(data, len);
	struct yaml *top;

	if (directive > 0) {
		err_set(err, ERR_USAGE, "%s:%zu: directives (lines that "
		    "begin with %%) are not supported", name, directive);
		return NULL;
	}
	if (!yaml_parser_initialize(&r.parser)) {
		err_set(err, ERR_INTERNAL, "%s: cannot create a YAML parser",
		    name);
		return NULL;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)data,
	    len);
	top = read_document(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return top;
}

struct yaml *
yaml_get(const struct yaml *map, const char *key)
{
	struct yaml *item;

	for (item = map->child; item != NULL; item = item->next)
		if (item->key != NULL && strcmp(item->key, key) == 0)
			return item;
	return NULL;
}

bool
yaml_is_null(const struct yaml *value)
{
	return value->kind == YAML_SCALAR && value->plain &&
	    (strcmp(value->text, "") == 0 || strcmp(value->text, "~") == 0 ||
	    strcmp(value->text, "null") == 0);
}

const char *
yaml_library(void)
{
	return yaml_get_version_string();
}
