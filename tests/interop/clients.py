#!/usr/bin/env python3
"""The vendors' own clients, and readers of other makers.

Pinned versions are installed into an environment of their own below the build
directory.  The clients read the fixture through their usual calls: what they
are given, hlexport has exported.  What convert makes is read by pyarrow and by
DuckDB's own Python package, and compared with the records.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys

PINS = ["humanloop==0.8.38", "monkai-trace==0.11.1", "pyarrow==21.0.0",
        "duckdb==1.4.4"]
BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
HOME = BUILD / "interop-env"
PYTHON = HOME / "bin" / "python"
TIMEOUT = 300         # seconds for what has to be fetched


def install():
    """Make the environment, if it is not there; return what is wrong."""
    done = HOME / "done"
    if done.exists() and done.read_text().split() == PINS:
        return None
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)],
                       check=True, capture_output=True, timeout=TIMEOUT)
        subprocess.run([str(PYTHON), "-m", "pip", "install", "-q",
                        "--disable-pip-version-check", "--timeout", "20",
                        "--retries", "1", "--only-binary", ":all:", *PINS],
                       check=True, capture_output=True, text=True,
                       timeout=TIMEOUT)
    except (OSError, subprocess.SubprocessError) as problem:
        said = str(getattr(problem, "stderr", None) or problem)
        return ["cannot install the packages: " +
                (said.strip().splitlines() or ["?"])[-1]]
    done.write_text("\n".join(PINS))
    return None


if pathlib.Path(sys.prefix).resolve() != HOME:
    problem = ["once is enough: see the build without sanitizers"] \
        if "SANITIZE" in os.environ else install()
    if problem:
        print(f"1..0 # SKIP {problem[0][:150]}")
        sys.exit(0)
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
import world  # noqa: E402

work = pathlib.Path(world.work_dir())
FEW = 300              # logs of a file; where there are more, none is read
NAMESPACE = "customer-support"


def keys(root, pattern, key="id"):
    """The keys of all records in the files of that name, and how often."""
    found = collections.Counter()
    for path in root.glob(pattern):
        if path.suffix == ".jsonl":
            found.update(json.loads(line)[key] for line in path.open())
        else:
            found.update([json.loads(path.read_text())[key]])
    return found


def compare(group, what, theirs, ours):
    theirs, ours = collections.Counter(theirs), collections.Counter(ours)
    group.case(what, None if theirs == ours and theirs else
               f"the client has {sum(theirs.values())}, the export "
               f"{sum(ours.values())}; first {list(theirs - ours)[:2]} and "
               f"{list(ours - theirs)[:2]}")


def humanloop():
    from humanloop import Humanloop
    fixture = world.Fixture("--workspace", "full")
    made = fixture.run("-q", "--logs", "-o", str(work / "full"))
    assert made.returncode == 0, made.stderr
    root = world.the_export(work / "full")
    client = Humanloop(api_key=fixture.key, base_url=fixture.url)
    group = world.Group("the client of Humanloop has what was exported")

    files, page = [], 1
    while True:
        reply = client.files.list_files(page=page, size=50)
        files += reply.records
        if len(files) >= reply.total:
            break
        page += 1
    compare(group, "files", [f.id for f in files],
            keys(root, "files/*/file.json"))
    compare(group, "directories", [d.id for d in client.directories.list()],
            [d["id"] for d in json.loads(
                (root / "directories.json").read_text())])
    versions, environments, points = [], 0, []
    for api in (client.prompts, client.tools, client.datasets,
                client.evaluators, client.flows, client.agents):
        for file in api.list(size=20):
            versions += [v.version_id for v in
                         api.list_versions(id=file.id).records]
            environments += len(api.list_environments(id=file.id))
    compare(group, "versions", versions,
            keys(root, "files/*/versions/*[!e]", "version_id") +
            keys(root, "files/*/versions/*e", "version_id"))
    have = sum(len(json.loads(p.read_text())) for p in
               root.glob("files/*/environments.json"))
    group.case("environments", None if environments == have and have else
               f"{environments} and {have}")
    for file in client.datasets.list():
        for version in client.datasets.list_versions(id=file.id).records:
            points += [p.id for p in client.datasets.list_datapoints(
                id=file.id, version_id=version.version_id)]
    compare(group, "datapoints", points,
            keys(root, "files/*/datapoints/**/*.jsonl"))
    logs, few, evaluations, runs, judged = [], [], [], [], []
    for file in files:
        if file.type == "dataset":
            continue
        # The client takes some 25 ms for each.
        if sum(keys(root, f"files/{file.id}/logs/*.jsonl").values()) < FEW:
            few.append(file.id)
            logs += [log.id for log in client.logs.list(file_id=file.id,
                                                      size=100)]
        for one in client.evaluations.list(file_id=file.id):
            evaluations.append(one.id)
            client.evaluations.get_stats(id=one.id)
            runs += [run.id for run in
                     client.evaluations.list_runs_for_evaluation(
                         id=one.id).runs]
            judged += [row.log.id for row in client.evaluations.get_logs(
                id=one.id, page=1, size=50).records]
    compare(group, "logs", logs, sum(
        (keys(root, f"files/{key}/logs/*.jsonl") for key in few),
        collections.Counter()))
    compare(group, "evaluations", evaluations,
            keys(root, "files/*/evaluations/*/evaluation.json"))
    group.case("runs", None if runs else "none")
    group.case("logs of evaluations", None if judged else "none")
    group.end()
    fixture.stop()


def monkai():
    from monkai_trace import MonkAIClient
    fixture = world.Fixture("--workspace", "trace", "--records", "600",
                            "--rows", "700")
    client = MonkAIClient(tracer_token=fixture.key, base_url=fixture.url)
    group = world.Group("the client of MonkAI Trace writes the same")
    filters = [("records", {}, []), ("logs", {}, []),
               ("records", {"agent": "Triage"}, ["--agent", "Triage"]),
               ("records", {"session_id": "s-24"}, ["--session-id", "s-24"]),
               ("logs", {"level": "error"}, ["--level", "error"]),
               ("logs", {"resource_id": "res_4"}, ["--resource-id", "res_4"]),
               ("logs", {"start_date": "2025-01-01T01:00:00Z",
                         "end_date": "2025-01-01T02:00:00Z"},
                ["--start-date", "2025-01-01T01:00:00Z", "--end-date",
                 "2025-01-01T02:00:00Z"])]
    for number, (stream, theirs, ours) in enumerate(filters):
        place = work / f"trace{number}"
        place.mkdir()
        getattr(client, f"export_{stream}")(
            NAMESPACE, format="json", output_file=str(place / "theirs.json"),
            **theirs)
        made = fixture.run("-q", "--source", "monkai", "--stream", stream,
                           *ours, "-o", "out", cwd=place)
        assert made.returncode == 0, made.stderr
        made = fixture.run(
            "convert", str(world.the_export(place / "out")), "--format",
            "json", "--yes", "-q", "--tables", stream, "--output-file",
            "ours.json", cwd=place)
        assert made.returncode == 0, made.stderr
        # As the client writes what it read: it keeps no byte of the server's.
        again = json.dumps(json.loads((place / "ours.json").read_text()),
                           ensure_ascii=False, indent=2)
        group.case(f"{stream} {theirs}", None if again ==
                   (place / "theirs.json").read_text() and
                   len(again) > 100 else "they differ, or are empty")
    first = client.query_records(NAMESPACE, limit=10)["records"]
    whole = json.loads((work / "trace0" / "ours.json").read_text())
    group.case("query_records", None if first == whole[:10] else "differs")
    first = client.query_logs(NAMESPACE, limit=10)["logs"]
    whole = json.loads((work / "trace1" / "ours.json").read_text())
    group.case("query_logs", None if first == whole[:10] else "differs")
    group.end()
    fixture.stop()


def readers():
    import duckdb
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet
    root = world.the_export(work / "full")
    fixture = world.Fixture()
    if "no DuckDB" in fixture.run("--version").stdout:
        fixture.stop()
        return
    group = world.Group("other readers read what convert makes")
    truth = collections.Counter(
        line.rstrip("\n") for path in root.glob("files/*/logs/*.jsonl")
        for line in path.open(newline="\n"))
    for form in ("parquet", "csv", "jsonl", "duckdb"):
        made = fixture.run("convert", str(root), "--format", form, "--yes",
                           "-q", "-o", str(work / form))
        assert made.returncode == 0, made.stderr
    table = pyarrow.parquet.read_table(work / "parquet" / "logs.parquet")
    group.case("Parquet, by pyarrow", None if collections.Counter(
        table.column("raw").to_pylist()) == truth else "other bytes")
    counts = {}
    with duckdb.connect() as db:
        for name, rows in (
                ("parquet", "'{}/parquet/logs.parquet'"),
                ("csv", "read_csv('{}/csv/logs.csv', all_varchar := true, "
                        "max_line_size := 20000000)"),
                ("jsonl", "read_json('{}/jsonl/logs.jsonl')")):
            counts[name] = collections.Counter(
                row[0] for row in db.execute(
                    f"SELECT id FROM {rows.format(work)}").fetchall())
    group.case("Parquet, CSV and JSON lines, by DuckDB for Python",
               None if counts["parquet"] == counts["csv"] ==
               counts["jsonl"] and sum(counts["csv"].values()) ==
               sum(truth.values()) else {k: sum(v.values()) for k, v in
                                         counts.items()})
    database = next((work / "duckdb").glob("*.duckdb"))
    with duckdb.connect(str(database), read_only=True) as db:
        rows = db.execute("SELECT count(*) FROM logs").fetchone()[0]
        about = db.execute(
            "SELECT count(comment) FROM duckdb_columns() WHERE "
            "table_name = 'logs' AND column_name <> 'raw'").fetchone()[0]
    group.case("views, from another directory, with comments",
               None if rows == sum(truth.values()) and about > 20 else
               (rows, about))
    group.end()
    fixture.stop()


humanloop()
monkai()
readers()
world.done(work)
