#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_mem.h"

static const char *failure_note;

/* Must not allocate. */
void
mem_is_out(void)
{
	static const char says[] = "hlexport: out of memory\n";

	(void)!write(STDERR_FILENO, says, sizeof(says) - 1);
	if (failure_note != NULL) {
		(void)!write(STDERR_FILENO, failure_note,
		    strlen(failure_note));
		(void)!write(STDERR_FILENO, "\n", 1);
	}
	_exit(1);
}

void
mem_on_failure(const char *note)
{
	failure_note = note;
}

void *
mem_alloc(size_t size)
{
	void *pos = malloc(size > 0 ? size : 1);

	if (pos == NULL)
		mem_is_out();
	return pos;
}

void *
mem_zero(size_t n, size_t size)
{
	void *pos = calloc(n > 0 ? n : 1, size > 0 ? size : 1);

	if (pos == NULL)
		mem_is_out();
	return pos;
}

void *
mem_grow(void *data, size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / size)
		mem_is_out();
	data = realloc(data, n * size > 0 ? n * size : 1);
	if (data == NULL)
		mem_is_out();
	return data;
}

void *
mem_need(void *data, size_t n, size_t *capacity, size_t size)
{
	if (n <= *capacity)
		return data;
	if (*capacity > SIZE_MAX / 2)
		mem_is_out();
	*capacity = n > *capacity * 2 ? n : *capacity * 2;
	if (*capacity < 8)
		*capacity = 8;
	return mem_grow(data, *capacity, size);
}

void *
mem_copy(const void *from, size_t len)
{
	char *pos = mem_alloc(len + 1);

	if (len > 0)
		memcpy(pos, from, len);
	pos[len] = '\0';
	return pos;
}

char *
mem_text(const char *text)
{
	return text != NULL ? mem_copy(text, strlen(text)) : NULL;
}

char *
mem_format(const char *format, ...)
{
	va_list ap;
	char *pos;
	int n;

	va_start(ap, format);
	n = vasprintf(&pos, format, ap);
	va_end(ap);
	if (n < 0)
		mem_is_out();
	return pos;
}
