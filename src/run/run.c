/*
 * The main loop.
 *
 *	crawl      what is next?  a listing begins: look it up in the manifest
 *	                          a page: source makes the request, http sends
 *	http       a reply        page finds the records
 *	tree                      writes them, in the order of the pages
 *	manifest                  lists what is on disk
 *	crawl                     gets the records that may have children
 *
 * All of this happens in run_step(), in one thread.  No room knows of the
 * others.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run_internal.h"

/* Requests in flight after a signal may take this long. */
#define GRACE_MS 5000

struct run *
run_new(const struct run_settings *settings, struct err *err)
{
	struct run *run = mem_zero(1, sizeof(*run));

	run->settings = *settings;
	text_init(&run->scratch, SIZE_MAX / 4);
	text_init(&run->path, 1 << 20);
	if (run_begin(run, err) == -1) {
		run_free(run);
		return NULL;
	}
	return run;
}

/* Free the tasks and listings of a run that was given up. */
static void
free_open(struct run *run)
{
	const struct crawl_listing *listing = NULL;

	while (run->tasks != NULL)
		run_free_task(run, run->tasks);
	while (run->crawl != NULL && (listing = crawl_each_open(run->crawl,
	    listing)) != NULL)
		run_close(listing->user);
}

void
run_free(struct run *run)
{
	size_t i;

	if (run == NULL)
		return;
	free_open(run);
	free(run->first_why);
	http_free(run->http);
	crawl_free(run->crawl);
	manifest_close(run->manifest);
	log_no_file(run->settings.log);
	tree_close(run->tree);
	for (i = 0; run->rules != NULL &&
	    i < run->settings.source->n_resources; i++)
		free(run->rules[i]);
	free(run->rules);
	page_plans_free(run->plans, run->settings.source);
	set_free(run->reported);
	run_damage_free(run);
	tree_receipts_release(&run->sums);
	tree_receipts_release(&run->aside);
	for (i = 0; i < run->n_estimates; i++)
		free((char *)run->estimates[i].group);
	free(run->estimates);
	run_compare_free(run);
	json_decref(run->options);
	text_release(&run->scratch);
	text_release(&run->path);
	free(run);
}

static int
take_job(struct run *run, const struct crawl_job *job, struct err *err)
{
	switch (job->what) {
	case CRAWL_NOTHING:
		return 0;
	case CRAWL_OPEN:
		return run_open(run, job->listing, err);
	case CRAWL_FETCH:
		return run_fetch(run, job, err);
	case CRAWL_DERIVE:
		return run_derive(run, job, err);
	case CRAWL_DONE:
		return run_done(run, job->node, err);
	}
	return 0;
}

static bool
has_room(const struct run *run)
{
	return !run->interrupted && run->stop.kind == ERR_NONE &&
	    http_free_slots(run->http) > 0;
}

/*
 * Start as many jobs as there is room for.  If pages that wait for an earlier
 * one fill the buffer, request only pages whose turn it is.
 */
static int
fill(struct run *run, struct err *err)
{
	struct crawl_job job;

	while (has_room(run) && crawl_next(run->crawl,
	    run->held_bytes >= run->settings.buffer, &job) != CRAWL_NOTHING)
		if (take_job(run, &job, err) == -1)
			return -1;
	return 0;
}

/* Every request of a new export was refused: the address may be wrong. */
static void
set_no_data(const struct run *run, struct err *err)
{
	const char *default_value = run->settings.source->options[0].initial;
	bool is_elsewhere = run->first_status == 404 ||
	    run->first_status == 405;

	if (is_elsewhere && default_value != NULL)
		err_set(err, ERR_NET, "the server has none of the requested "
		    "data (%s); check its address, %s: it must end with the "
		    "API's version, as in %s", run->first_why,
		    run->settings.server, default_value);
	else
		err_set(err, ERR_NET, "every request to the server failed "
		    "(%s); check its address, %s", run->first_why,
		    run->settings.server);
}

/* Nothing is in flight any more: how did the run end? */
static enum run_state
end(struct run *run, struct err *err)
{
	if (run_flush(run, err) == -1)
		return RUN_STOPPED;
	if (run->stop.kind != ERR_NONE) {
		*err = run->stop;
		return RUN_STOPPED;
	}
	if (run->interrupted)
		return RUN_INTERRUPTED;
	if (!crawl_is_over(run->crawl)) {
		err_set(err, ERR_INTERNAL, "internal error: the export "
		    "stalled with work left; please report this");
		return RUN_STOPPED;
	}
	if (run->settings.resume == NULL && !run->any_success &&
	    run->first_why != NULL) {
		set_no_data(run, err);
		return RUN_STOPPED;
	}
	if (!run_writes(run))
		return run->gaps > 0 ? RUN_GAPS : RUN_COMPLETE;
	if (run->settings.repair)
		return RUN_COMPLETE;
	if (run_restore_done(run, err) == -1 || run_seal(run, err) == -1)
		return RUN_STOPPED;
	return manifest_sealed(run->manifest) != NULL ? RUN_COMPLETE :
	    RUN_GAPS;
}

static enum run_state
step(struct run *run, int64_t ms, struct err *err)
{
	struct http_reply *reply;
	struct err stopped;

	/*
	 * The crawl does not wait for the sync.  A crash loses what it does in
	 * the meantime along with the files, so the manifest never lists more
	 * than is on disk.
	 */
	if (run_writes(run) && tree_is_due(run->tree) &&
	    manifest_flush_begin(run->manifest, err) == -1)
		return RUN_STOPPED;
	if (fill(run, err) == -1)
		return RUN_STOPPED;
	if (run->stop.kind != ERR_NONE)
		http_stop(run->http, INT64_MAX);
	switch (http_wait(run->http, ms, &reply, &stopped)) {
	case HTTP_REPLY:
		if (run_reply(run, reply, err) == -1)
			return RUN_STOPPED;
		return RUN_GOING;
	case HTTP_IDLE:
		return end(run, err);
	case HTTP_FAILED:
		if (run->stop.kind == ERR_NONE)
			run->stop = stopped;
		return end(run, err);
	case HTTP_TICK:
	case HTTP_WOKEN:
		return RUN_GOING;
	}
	return RUN_GOING;
}

/* Remove a new export that stopped before it got any data. */
static void
discard(struct run *run)
{
	if (!run_writes(run) || run->settings.resume != NULL ||
	    run->any_success)
		return;
	log_no_file(run->settings.log);
	if (file_remove(tree_dir(run->tree), MANIFEST_NAME, NULL) == 0 &&
	    file_remove(tree_dir(run->tree), TREE_LOG, NULL) == 0 &&
	    rmdir(tree_where(run->tree)) == 0)
		run->is_discarded = true;
}

/* If files were taken out of the export, say where they are. */
static void
log_aside(const struct run *run)
{
	if (run_writes(run) && tree_aside(run->tree) != NULL)
		log_say(run->settings.log, LOG_WARN, "run", "files of an "
		    "earlier run that no longer match the server are kept in "
		    "%s", tree_aside(run->tree));
}

/*
 * A file that can't be read back may never have been written: report the cause.
 */
static void
find_cause(struct run *run, struct err *err)
{
	struct err why;

	if (err->kind == ERR_DISK && run_writes(run) &&
	    tree_flush(run->tree, &why) == -1)
		*err = why;
}

enum run_state
run_step(struct run *run, int64_t ms, struct err *err)
{
	enum run_state state = RUN_COMPLETE;

	if (run_writes(run) && manifest_sealed(run->manifest) != NULL &&
	    !run->settings.repair) {
		if (run->n_damage > 0)
			return RUN_DAMAGED;
		run_log_rest(run);
		return RUN_ALREADY;
	}
	/* A repair may need no request. */
	if (run->http != NULL)
		state = step(run, ms, err);
	if (state != RUN_GOING && !run->settings.repair)
		log_aside(run);
	if (state == RUN_STOPPED)
		find_cause(run, err);
	if (state == RUN_STOPPED)
		discard(run);
	return run->settings.repair && state != RUN_GOING ?
	    run_repair_end(run, state, err) : state;
}

void
run_interrupt(struct run *run)
{
	run->interrupted = true;
	if (run->http != NULL)
		http_stop(run->http, GRACE_MS);
}

const char *
run_where(const struct run *run)
{
	return run_writes(run) && !run->is_discarded ?
	    tree_where(run->tree) : NULL;
}
