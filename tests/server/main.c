/*
 * hlexport-fixture: the fixture server.  It prints its URL in one line, and
 * serves until its standard input ends.
 */

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define TRACE_KEY "tk_0123456789abcdef0123456789abcdef"
#define KEY "hl_sk_0123456789abcdef0123456789abcdef0123456789abcdef"

static const char usage[] =
    "Usage: hlexport-fixture [OPTION...]\n"
    "  --workspace NAME  sample, full, hostile or bulk [sample]\n"
    "  --data DIR        serve what is in DIR, a tree like an export\n"
    "  --seed N          of the workspace [1]\n"
    "  --files N --versions N --logs N --log-bytes N --datasets N\n"
    "  --datapoints N --evaluations N --evaluation-logs N\n"
    "                    of the workspace bulk\n"
    "  --key KEY         the key it accepts\n"
    "  --port N          [a free one]\n"
    "  --prefix PATH     [/v5]\n"
    "  --latency MS      before each answer [0]\n"
    "  --rate N          requests a second, or 429 [no limit]\n"
    "  --bucket N        of these at once; else in each second\n"
    "  --refuse N        of 100 URLs, twice, whatever the rate\n"
    "  --refuse-with N   this status [429]\n"
    "  --clamp N         give no more than N records a page\n"
    "  --reject N        refuse pages of more than N records\n"
    "  --workspace trace: another API, of records and logs by POST; with\n"
    "  --records N --rows N   how many of each [2500, 700]\n"
    "  --shape HOW       what is beside them: rich, total, page, bare [rich]\n"
    "  --cap N           rows of a bulk export [50000]\n"
    "  --limit N --window S  requests in S seconds, told in headers [none]\n"
    "  --no-dates        start_date and end_date do nothing\n"
    "  --elsewhere HOST  where the list /elsewhere goes on; self: here\n"
    "  --fault SPEC      see tests/server/README.md\n"
    "It prints: address, key, address of another origin.  GET /_asked,\n"
    "/_truth, /_truth/KIND, /_clear, /_heal, /_fault?spec=SPEC.\n";

enum { FILES = 1000, VERSIONS, LOGS, LOG_BYTES, DATASETS, DATAPOINTS,
    EVALUATIONS, EVALUATION_LOGS, RECORDS, ROWS, CAP, LIMIT, WINDOW,
    REFUSE, REFUSE_WITH };

static const struct option options[] = {
	{ "workspace", required_argument, NULL, 'w' },
	{ "data", required_argument, NULL, 'd' },
	{ "seed", required_argument, NULL, 's' },
	{ "key", required_argument, NULL, 'k' },
	{ "port", required_argument, NULL, 'p' },
	{ "prefix", required_argument, NULL, 'x' },
	{ "latency", required_argument, NULL, 'l' },
	{ "rate", required_argument, NULL, 'R' },
	{ "bucket", required_argument, NULL, 'B' },
	{ "clamp", required_argument, NULL, 'c' },
	{ "reject", required_argument, NULL, 'r' },
	{ "fault", required_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "files", required_argument, NULL, FILES },
	{ "versions", required_argument, NULL, VERSIONS },
	{ "logs", required_argument, NULL, LOGS },
	{ "log-bytes", required_argument, NULL, LOG_BYTES },
	{ "datasets", required_argument, NULL, DATASETS },
	{ "datapoints", required_argument, NULL, DATAPOINTS },
	{ "evaluations", required_argument, NULL, EVALUATIONS },
	{ "evaluation-logs", required_argument, NULL, EVALUATION_LOGS },
	{ "records", required_argument, NULL, RECORDS },
	{ "rows", required_argument, NULL, ROWS },
	{ "cap", required_argument, NULL, CAP },
	{ "limit", required_argument, NULL, LIMIT },
	{ "window", required_argument, NULL, WINDOW },
	{ "refuse", required_argument, NULL, REFUSE },
	{ "refuse-with", required_argument, NULL, REFUSE_WITH },
	{ "shape", required_argument, NULL, 'S' },
	{ "no-dates", no_argument, NULL, 'D' },
	{ "elsewhere", required_argument, NULL, 'E' },
	{ NULL, 0, NULL, 0 }
};

static int
make_world(struct world *world, const char *workspace, const char *data,
    const struct sizes *sizes)
{
	if (data != NULL)
		return load_world(world, data);
	if (strcmp(workspace, "sample") == 0)
		make_sample(world);
	else if (strcmp(workspace, "full") == 0)
		make_full(world);
	else if (strcmp(workspace, "hostile") == 0)
		make_hostile(world);
	else if (strcmp(workspace, "bulk") == 0)
		make_bulk(world, sizes);
	else
		return -1;
	return 0;
}

int
main(int argc, char **argv)
{
	struct serve_settings settings = { .prefix = "/v5", .key = KEY,
	    .records = 2500, .rows = 700, .shape = "rich", .cap = 50000,
	    .window_s = 60, .elsewhere = "127.0.0.1:9",
	    .refuse_with = 429 };
	struct sizes sizes = { 40, 2, 5000, 2750, 4, 500, 1, 100 };
	unsigned *size_of[] = { &sizes.files, &sizes.versions, &sizes.logs,
	    &sizes.log_bytes, &sizes.datasets, &sizes.datapoints,
	    &sizes.evaluations, &sizes.evaluation_logs, &settings.records,
	    &settings.rows, &settings.cap, &settings.limit,
	    &settings.window_s, &settings.refuse, &settings.refuse_with };
	struct world world = { .seed = 1 };
	const char *workspace = "sample", *data = NULL;
	unsigned port, elsewhere;
	char byte;
	int c;

	signal(SIGPIPE, SIG_IGN);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'w': workspace = optarg;
			if (strcmp(workspace, "trace") != 0)
				break;
			settings.trace = true;
			settings.prefix = "/trace/v1";
			settings.key = TRACE_KEY;
			break;
		case 'S': settings.shape = optarg; break;
		case 'D': settings.no_dates = true; break;
		case 'E': settings.elsewhere = optarg; break;
		case 'd': data = optarg; break;
		case 's': world.seed = strtoull(optarg, NULL, 10); break;
		case 'k': settings.key = optarg; break;
		case 'p': settings.port = (unsigned)atoi(optarg); break;
		case 'x': settings.prefix = optarg; break;
		case 'R': settings.rate = (unsigned)atoi(optarg); break;
		case 'B': settings.bucket = (unsigned)atoi(optarg); break;
		case 'l': settings.latency_ms = (unsigned)atoi(optarg); break;
		case 'c': settings.clamp = strtoull(optarg, NULL, 10); break;
		case 'r': settings.reject = strtoull(optarg, NULL, 10); break;
		case 'f':
			if (fault_add(optarg) == -1) {
				fprintf(stderr, "fixture: bad fault: %s\n",
				    optarg);
				return 2;
			}
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case '?':
			fputs(usage, stderr);
			return 2;
		default:
			*size_of[c - FILES] = (unsigned)atoi(optarg);
		}
	}
	if (!settings.trace &&
	    make_world(&world, workspace, data, &sizes) == -1) {
		fprintf(stderr, "fixture: no such workspace\n");
		return 2;
	}
	if (serve_start(&world, &settings, &port, &elsewhere) == -1) {
		fprintf(stderr, "fixture: can't listen\n");
		return 1;
	}
	printf("http://127.0.0.1:%u%s %s http://127.0.0.1:%u\n", port,
	    settings.prefix, settings.key, elsewhere);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) == 1)
		;
	/* Don't wait for threads that sleep in an answer. */
	_exit(0);
}
