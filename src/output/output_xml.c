/*
 * An incremental reader of XML.  It is strict, so that it notices a missing
 * block: that leaves a malformed tag, or an end tag of another element.
 */

#include <stdlib.h>
#include <string.h>

#include "output/output_xml.h"

#define TAG_MAX 65536
#define NAMES_MAX 65536

void
output_xml_begin(struct output_xml *xml)
{
	text_clear(&xml->tag);
	text_clear(&xml->open_names);
	xml->in_tag = xml->has_root = xml->is_bad = false;
}

void
output_xml_init(struct output_xml *xml)
{
	text_init(&xml->tag, TAG_MAX);
	text_init(&xml->open_names, NAMES_MAX);
	output_xml_begin(xml);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t
name_len(const char *data)
{
	return strcspn(data, " \t\r\n=\"'<>/&?");
}

/* Is it ' name="value"' any number of times? */
static bool
are_attributes(const char *data)
{
	char quote;
	size_t n;

	for (;;) {
		n = strspn(data, " \t\r\n");
		data += n;
		if (*data == '\0')
			return true;
		if (n == 0 || (n = name_len(data)) == 0 || data[n] != '=')
			return false;
		quote = data[n + 1];
		if (quote != '"' && quote != '\'')
			return false;
		data += n + 2;
		data = strchr(data, quote);
		if (data == NULL)
			return false;
		data++;
	}
}

bool
output_xml_attribute(const char *data, const char *name, struct span *value)
{
	size_t len = strlen(name), n;

	for (;;) {
		data += strspn(data, " \t\r\n");
		if (*data == '\0')
			return false;
		n = name_len(data);
		value->data = &data[n + 2];
		value->len = strcspn(value->data, data[n + 1] == '"' ? "\"" :
		    "'");
		if (n == len && memcmp(data, name, n) == 0)
			return true;
		data = value->data + value->len + 1;
	}
}

/* The name of the innermost open element. */
static const char *
last_open(const struct output_xml *xml)
{
	size_t len = xml->open_names.len;

	/* It ends with its NUL. */
	for (len--; len > 0 && xml->open_names.data[len - 1] != '\0'; len--)
		;
	return &xml->open_names.data[len];
}

static bool
take_close(struct output_xml *xml, const char *name)
{
	const char *last;

	if (xml->open_names.len == 0 ||
	    strcmp(last = last_open(xml), name) != 0)
		return false;
	if (xml->close != NULL)
		xml->close(xml->cookie, name);
	xml->open_names.len = (size_t)(last - xml->open_names.data);
	return true;
}

static bool
take_open(struct output_xml *xml, char *tag, size_t len)
{
	bool is_empty = len > 0 && tag[len - 1] == '/';
	char *name;
	size_t n;
	bool ok;

	if (is_empty)
		tag[len - 1] = '\0';
	n = name_len(tag);
	if (n == 0 || !are_attributes(&tag[n]) ||
	    (xml->open_names.len == 0 && xml->has_root))
		return false;
	xml->has_root = true;
	name = mem_copy(tag, n);
	ok = text_add(&xml->open_names, name, n + 1) == 0;
	if (ok && xml->open != NULL)
		xml->open(xml->cookie, name, &tag[n]);
	if (ok && is_empty)
		ok = take_close(xml, name);
	free(name);
	return ok;
}

/* Handle the text between "<" and ">". */
static bool
take_tag(struct output_xml *xml, char *tag, size_t len)
{
	if (len > 1 && tag[0] == '?' && tag[len - 1] == '?')
		return !xml->has_root;
	if (tag[0] == '/')
		return take_close(xml, &tag[1]);
	return take_open(xml, tag, len);
}

/* Read bytes of a tag, up to its end.  Return their number. */
static size_t
add_to_tag(struct output_xml *xml, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] == '\0' || data[i] == '<')
			break;
		if (xml->quote != '\0') {
			if (data[i] == xml->quote)
				xml->quote = '\0';
		} else if (data[i] == '"' || data[i] == '\'') {
			xml->quote = data[i];
		} else if (data[i] == '>') {
			xml->is_bad |= text_add(&xml->tag, data, i) == -1 ||
			    xml->tag.len == 0 ||
			    !take_tag(xml, xml->tag.data, xml->tag.len);
			xml->in_tag = false;
			return i + 1;
		}
	}
	xml->is_bad |= i < len || text_add(&xml->tag, data, len) == -1;
	return len;
}

/* Read bytes of text, up to the next tag.  Return their number. */
static size_t
add_to_text(struct output_xml *xml, const char *data, size_t len)
{
	const char *end = memchr(data, '<', len);
	size_t n = end != NULL ? (size_t)(end - data) : len, i;

	if (xml->open_names.len == 0)
		for (i = 0; i < n; i++)
			xml->is_bad |= !is_blank(data[i]);
	else if (n > 0 && xml->text != NULL)
		xml->text(xml->cookie, data, n);
	if (end == NULL)
		return n;
	text_clear(&xml->tag);
	xml->in_tag = true;
	xml->quote = '\0';
	return n + 1;
}

void
output_xml_add(struct output_xml *xml, const char *data, size_t len)
{
	size_t n;

	for (; len > 0 && !xml->is_bad; data += n, len -= n)
		n = xml->in_tag ? add_to_tag(xml, data, len) :
		    add_to_text(xml, data, len);
}

bool
output_xml_end(struct output_xml *xml)
{
	return !xml->is_bad && !xml->in_tag && xml->has_root &&
	    xml->open_names.len == 0;
}

void
output_xml_release(struct output_xml *xml)
{
	text_release(&xml->tag);
	text_release(&xml->open_names);
}
