/*
 * File names from values of a server.
 *
 * A value becomes a name by percent-encoding all but letters, digits, "-", "_"
 * and a "." that is not the first character.  So there is no slash, no control
 * character, no "." or "..", and different values have different names.
 * Further:
 *
 *	empty		"%"
 *	too long	its first bytes, "~", and 32 digits of its SHA-256
 *	missing		"~" and 32 digits of the record's SHA-256
 *	a twin		where a name differs from one that is there only in
 *			case, its capitals are encoded too (or if it has
 *			none, its first letter), so that the export can be
 *			copied to a disk that doesn't tell the two apart
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tree/tree_internal.h"

#define MAX_NAME 200	/* bytes; with a suffix, below the usual 255 */
#define NAME_KEPT 150

/* Truncate a name that is too long, and keep it unique by a hash. */
static void
shorten(struct text *name, const char *value)
{
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX];
	size_t kept = NAME_KEPT;

	if (name->len <= MAX_NAME)
		return;
	while (kept > 0 && (name->data[kept - 1] == '%' ||
	    (kept > 1 && name->data[kept - 2] == '%')))
		kept--;
	name->len = kept;
	sha256_of(value, strlen(value), hash);
	sha256_hex(hash, hex);
	text_addf(name, "~%.32s", hex);
}

/* Add the safe form of a value to ${name}. */
static void
add_value(struct text *name, const char *value, const char *unnamed)
{
	struct text own;

	if (value == NULL) {
		text_adds(name, "~");
		text_add_percent(name, unnamed, strlen(unnamed), "");
		return;
	}
	if (*value == '\0') {
		text_addc(name, '%');
		return;
	}
	text_init(&own, 4 * strlen(value) + 64);
	if (*value == '.' && name->len == 0)
		text_adds(&own, "%2E");
	text_add_percent(&own, &value[own.len > 0], strlen(value) -
	    (own.len > 0), "");
	shorten(&own, value);
	text_add(name, own.data, own.len);
	text_release(&own);
}

/* The second form of a name, for when the first collides by case. */
static void
add_twin(struct text *out, const char *name)
{
	bool capitals = false;
	const char *p;

	for (p = name; *p != '\0'; p++) {
		if (*p == '%' && p[1] != '\0' && p[2] != '\0') {
			text_add(out, p, 3);
			p += 2;
		} else if (isupper((unsigned char)*p)) {
			text_addf(out, "%%%02X", *p);
			capitals = true;
		} else {
			text_addc(out, *p);
		}
	}
	if (!capitals && isalpha((unsigned char)*name)) {
		text_clear(out);
		text_addf(out, "%%%02X%s", *name, name + 1);
	}
}

static bool
is_folded_known(const struct tree *tree, const char *path)
{
	char *lower = mem_text(path), *p;
	bool known;

	for (p = lower; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	known = set_has(tree->folded, lower, strlen(lower));
	free(lower);
	return known;
}

static void
register_name(struct tree *tree, const char *path, size_t len)
{
	char *lower = mem_copy(path, len), *p;

	for (p = lower; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	set_add(tree->names, path, len);
	set_add(tree->folded, lower, len);
	free(lower);
}

/* Add ${name} to ${path}, in the form that does not collide. */
static void
add_name(struct tree *tree, struct text *path, const char *name)
{
	size_t before;
	struct text twin, short_name;

	if (path->len > 0)
		text_addc(path, '/');
	before = path->len;
	/* Several values together may be too long again. */
	text_init(&short_name, 65536);
	text_adds(&short_name, name);
	shorten(&short_name, name);
	text_add(path, short_name.data, short_name.len);
	text_release(&short_name);
	if (set_has(tree->names, path->data, path->len))
		return;
	text_init(&twin, 4096);
	add_twin(&twin, &path->data[before]);
	shorten(&twin, &path->data[before]);
	if (is_folded_known(tree, path->data)) {
		path->len = before;
		text_adds(path, twin.data);
	} else {
		/* An earlier run may have used the second form. */
		struct text other;

		text_init(&other, path->max);
		text_add(&other, path->data, before);
		text_adds(&other, twin.data);
		if (set_has(tree->names, other.data, other.len)) {
			path->len = before;
			text_adds(path, twin.data);
		}
		text_release(&other);
	}
	text_release(&twin);
	register_name(tree, path->data, path->len);
}

/* Add the literal ${text}, which may contain slashes, to name and path. */
static void
add_literal(struct tree *tree, struct text *path, struct text *name,
    const char *text)
{
	size_t n;

	for (;;) {
		n = strcspn(text, "/");
		text_add(name, text, n);
		if (text[n] == '\0')
			return;
		if (name->len > 0)
			add_name(tree, path, name->data);
		text_clear(name);
		text += n + 1;
	}
}

int
tree_path(struct tree *tree, const struct source_template *template,
    const struct source_lookup *lookup, const char *unnamed, struct text *path,
    const char **missing)
{
	struct text name;
	size_t i;
	int rc = 0;

	text_clear(path);
	text_init(&name, 65536);
	for (i = 0; i < template->n; i++) {
		const struct source_part *part = &template->parts[i];
		const char *value;

		if (part->text != NULL) {
			add_literal(tree, path, &name, part->text);
			continue;
		}
		value = source_value(lookup, &part->var);
		if (value == NULL && (part->var.kind != SOURCE_KEY ||
		    unnamed == NULL)) {
			*missing = part->var.name;
			rc = -1;
			break;
		}
		add_value(&name, value, unnamed);
	}
	if (rc == 0 && name.len > 0)
		add_name(tree, path, name.data);
	text_release(&name);
	return rc;
}

void
tree_register(struct tree *tree, const char *path)
{
	const char *p;

	for (p = path; *p != '\0'; p++)
		if (*p == '/')
			register_name(tree, path, (size_t)(p - path));
	register_name(tree, path, (size_t)(p - path));
	set_add(tree->taken, path, (size_t)(p - path));
}
