/*
 * A page from its request until it is committed: what the run holds of it.
 */

#include <stdlib.h>
#include <utlist.h>

#include "run/run_internal.h"

void
run_free_task(struct run *run, struct run_task *task)
{
	DL_DELETE(run->tasks, task);
	http_reply_free(run->http, task->reply);
	page_release(&task->page);
	free(task->gap.url);
	free(task->gap.why);
	free(task->gap.request);
	run_page_keys_free(task->page_keys);
	free(task->next_cursor);
	free(task->key);
	free(task);
}
