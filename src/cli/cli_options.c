/*
 * The tables of options, and their help texts.
 */

#include "cli/cli_internal.h"

size_t
cli_tables(const struct source *source, struct config_table tables[2])
{
	tables[0] = config_own();
	if (source == NULL)
		return 1;
	tables[1] = (struct config_table){ source->options,
	    source->n_options };
	return 2;
}

void
cli_option_words(const struct config_option *option, struct text *text)
{
	text_adds(text, option->help);
	if (option->choices != NULL)
		text_addf(text, " (%s)", option->choices);
	if (option->initial != NULL && option->kind != CONFIG_FLAG)
		text_addf(text, " [%s]", option->initial);
	if (option->variable != NULL)
		text_addf(text, " ($%s)", option->variable);
}
