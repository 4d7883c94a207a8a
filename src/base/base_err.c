#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base_err.h"

/* Write the formatted text; end it in "..." if it had to be truncated. */
static void
fill(char *data, size_t capacity, const char *format, va_list ap)
{
	int n = vsnprintf(data, capacity, format, ap);

	if (n < 0)
		data[0] = '\0';
	else if ((size_t)n >= capacity && capacity > 4)
		memcpy(&data[capacity - 4], "...", 4);
}

int
err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
	va_list ap;

	if (err == NULL)
		return -1;
	err->kind = kind;
	va_start(ap, format);
	fill(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return -1;
}

int
err_errno(struct err *err, enum err_kind kind, const char *format, ...)
{
	const char *why = strerror(errno);
	char text[sizeof(err->text)];
	va_list ap;

	if (err == NULL)
		return -1;
	va_start(ap, format);
	fill(text, sizeof(text), format, ap);
	va_end(ap);
	return err_set(err, kind, "%s: %s", text, why);
}

int
err_wrap(struct err *err, const char *format, ...)
{
	char text[sizeof(err->text)];
	char old[sizeof(err->text)];
	va_list ap;

	if (err == NULL)
		return -1;
	va_start(ap, format);
	fill(text, sizeof(text), format, ap);
	va_end(ap);
	memcpy(old, err->text, sizeof(old));
	return err_set(err, err->kind, "%s: %s", text, old);
}
