/*
 * The exit status for an error, and for how a run ended.
 */

#include "cli/cli_internal.h"

enum cli_exit
cli_exit_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_USAGE:
		return CLI_USAGE;
	case ERR_AUTH:
		return CLI_KEY;
	case ERR_LOCKED:
		return CLI_LOCKED;
	case ERR_DATA:
		return CLI_DAMAGED;
	case ERR_NONE:
	case ERR_DISK:
	case ERR_NET:
	case ERR_STOPPED:
	case ERR_INTERNAL:
		break;
	}
	return CLI_STOPPED;
}

enum cli_exit
cli_exit_of_run(enum run_state state, const struct err *err)
{
	switch (state) {
	case RUN_COMPLETE:
	case RUN_ALREADY:
		return CLI_OK;
	case RUN_GAPS:
		return CLI_GAPS;
	case RUN_INTERRUPTED:
		return CLI_INTERRUPTED;
	case RUN_DAMAGED:
		return CLI_DAMAGED;
	case RUN_GOING:
	case RUN_STOPPED:
		break;
	}
	/* Malformed data from a server stops a run; it damages no export. */
	return err->kind == ERR_AUTH || err->kind == ERR_USAGE ?
	    cli_exit_of(err->kind) : CLI_STOPPED;
}
