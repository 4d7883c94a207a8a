/*
 * Messages: errors, usage, and the commands that they suggest.
 */

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define JSON_FORMAT 1	/* of the results, as doc/JSON.md has them */

int
cli_error(const struct err *err)
{
	const char *line = err->text;
	struct text text;
	size_t len;

	/* SQL errors have several lines; the last ones point at the fault. */
	text_init(&text, 8192);
	for (;;) {
		len = strcspn(line, "\n");
		(void)text_add_visible(&text, line, len);
		line += len;
		if (*line == '\0')
			break;
		line += strspn(line, "\n");
		text_adds(&text, "\n  ");
	}
	fprintf(stderr, "hlexport: %s\n", text.data != NULL ? text.data : "");
	text_release(&text);
	return cli_exit_of(err->kind);
}

/* Is the character safe anywhere in a shell word without a backslash? */
static bool
is_bare(unsigned char c)
{
	return c >= 0x80 || isalnum(c) || (c != '\0' && strchr("_-./:,@%+=",
	    c) != NULL);
}

const char *
cli_word(const char *text)
{
	static struct text words[4];
	static unsigned next;
	struct text *word = &words[next++ % 4];

	text_release(word);
	text_init(word, SIZE_MAX / 4);
	/* Keep the word from being taken for an option. */
	if (*text == '-')
		text_adds(word, "./");
	if (*text == '\0')
		text_adds(word, "\"\"");
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			text_adds(word, "$'\\n'");
			continue;
		}
		if (!is_bare((unsigned char)*text))
			text_addc(word, '\\');
		text_addc(word, *text);
	}
	return word->data;
}

const char *
cli_place_words(const struct source *source, const char *where)
{
	static struct text words;

	text_release(&words);
	text_init(&words, SIZE_MAX / 4);
	text_adds(&words, cli_word(where));
	if (source != NULL && (source->file != NULL || source->is_stored))
		text_addf(&words, " --source %s", source->file != NULL ?
		    cli_word(source->file) : "FILE");
	return words.data;
}

int
cli_usage(const char *format, ...)
{
	struct err err = { .kind = ERR_USAGE };
	va_list ap;

	va_start(ap, format);
	vsnprintf(err.text, sizeof(err.text), format, ap);
	va_end(ap);
	return cli_error(&err);
}

int
cli_wrong_arguments(const char *usage, char *const *words, size_t n,
    size_t max)
{
	if (n > max)
		return cli_usage("unexpected argument \"%s\"; usage: "
		    "hlexport %s", words[max], usage);
	return cli_usage("usage: hlexport %s", usage);
}

void
cli_print_json(json_t *json)
{
	json_t *whole = json_is_object(json) ? json_pack("{s:i, s:s}",
	    "format", JSON_FORMAT, "tool", CLI_TOOL) : json_incref(json);
	char *text;

	if (json_is_object(json))
		json_object_update(whole, json);
	text = json_dumps(whole, JSON_INDENT(2));
	printf("%s\n", text);
	free(text);
	json_decref(whole);
	json_decref(json);
}

void
cli_wrap(FILE *out, const char *text, int indent, int width)
{
	int column = indent;
	size_t n;

	while (*text != '\0') {
		n = strcspn(text, " ");
		if (column > indent && column + 1 + (int)n > width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, n, out);
		column += (int)n;
		text += n;
		while (*text == ' ')
			text++;
	}
	fputc('\n', out);
}
