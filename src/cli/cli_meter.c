/*
 * Progress in one line: redrawn on a terminal, else printed periodically.
 */

#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define BAR_MS 125
#define FIRST_MS 1000	/* before the first drawing */

void
cli_meter_init(struct cli *cli, struct cli_meter *meter)
{
	const char *how = config_text(cli->config, "progress");

	cli_screen_init(&meter->screen, stderr);
	if (strcmp(how, "plain") == 0)
		meter->screen.is_terminal = false;
	meter->is_shown = !config_is(cli->config, "quiet") &&
	    strcmp(how, "none") != 0;
	meter->every = meter->screen.is_terminal ? BAR_MS :
	    (int64_t)config_number(cli->config, "progress-every") * 1000;
	meter->began = clock_ms();
	/* Quick work needs no display. */
	meter->next = meter->began + (meter->screen.is_terminal ? FIRST_MS :
	    meter->every);
}

bool
cli_meter_is_due(const struct cli_meter *meter, int64_t *ms)
{
	int64_t now;

	if (!meter->is_shown)
		return false;
	now = clock_ms();
	*ms = now - meter->began;
	return now >= meter->next;
}

void
cli_meter_show(struct cli_meter *meter, char *line)
{
	if (meter->screen.is_terminal)
		cli_screen_draw(&meter->screen, &line, 1);
	else
		fprintf(stderr, "%s\n", line);
	meter->next = clock_ms() + meter->every;
	free(line);
}

void
cli_meter_release(struct cli_meter *meter)
{
	cli_screen_release(&meter->screen);
}
