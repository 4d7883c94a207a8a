#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

void *
must_grow(void *data, size_t size)
{
	data = realloc(data, size > 0 ? size : 1);
	if (data == NULL) {
		fputs("fixture: out of memory\n", stderr);
		exit(1);
	}
	return data;
}

void *
must_alloc(size_t size)
{
	return memset(must_grow(NULL, size), 0, size);
}

char *
must_copy(const char *text)
{
	return text == NULL ? NULL :
	    strcpy(must_grow(NULL, strlen(text) + 1), text);
}

void
buf_add(struct buf *buf, const char *data, size_t len)
{
	if (buf->len + len + 1 > buf->capacity) {
		buf->capacity = (buf->len + len + 1) * 2;
		buf->data = must_grow(buf->data, buf->capacity);
	}
	memcpy(&buf->data[buf->len], data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_adds(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_addf(struct buf *buf, const char *format, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		exit(1);
	buf_add(buf, text, (size_t)n);
	free(text);
}

void
buf_json(struct buf *buf, const char *text)
{
	buf_adds(buf, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_addf(buf, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			buf_addf(buf, "\\u%04x", *text);
		else
			buf_add(buf, text, 1);
	}
	buf_adds(buf, "\"");
}

char *
buf_take(struct buf *buf)
{
	char *pos = buf->data != NULL ? buf->data : must_copy("");

	*buf = (struct buf){ NULL, 0, 0 };
	return pos;
}
