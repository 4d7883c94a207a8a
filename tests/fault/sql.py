#!/usr/bin/env python3
"""The SQL sandbox, against all functions and pragmas of DuckDB.

Each is called in a user's SQL, in a table of an untrusted definition, and in
one that is converted.  No file outside is read, revealed or created, only rows
are printed, the process does not crash, and errors have a message.  Endless SQL
ends with --timeout or with a signal.
"""

import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess

import world

SECRET = "canary-81c4e7"
CASES = world.count(500, 20000)
STATUSES = {0, 1, 2, 6}

work = pathlib.Path(world.work_dir())
fixture = world.Fixture("--workspace", "bulk", "--files", "1", "--versions",
                        "1", "--logs", "3", "--log-bytes", "10",
                        "--datasets", "0", "--evaluations", "0")
if "no DuckDB" in fixture.run("--version").stdout:
    fixture.stop()
    world.skip(work, "built without DuckDB")

TABLES = """
tables:
  logs:
    about: "a table"
    from: {from}
    columns:
      id: {{type: VARCHAR, about: it, sql: {sql}}}
report:
  events: {events}
"""
EVENTS = "SELECT NULL::TIMESTAMPTZ AS time, 'x' AS kind FROM logs"

own = (fixture.run("sources", "humanloop").stdout.rstrip() + "\n" +
       TABLES.format(**{"from": '"records(\'logs\')"', "sql": '"1"',
                        "events": json.dumps(EVENTS)}))
(work / "own.yaml").write_text(own)
made = fixture.run("-q", "--logs", "--source", "./own.yaml", "-o", "made",
                   cwd=work)
assert made.returncode == 0, made.stderr
EXPORT = world.the_export(work / "made")
LINES = [json.loads(line) for line in
         (EXPORT / "manifest.jsonl").read_text().splitlines()]
HOLDER = next(line for line in LINES if "definition" in line)

FUNCTIONS = [json.loads(line) for line in fixture.run(
    "query", str(EXPORT), "SELECT DISTINCT function_name AS name, "
    "function_type AS type FROM duckdb_functions() ORDER BY ALL",
    "--format", "jsonl").stdout.splitlines()]

ARGUMENTS = ["", "'x'", "'{canary}'", "1", "1, 2", "'x', 'y'", "[1, 2]",
             "'{canary}', 'x', 1", "storage := 'file'",
             "storage := 'stdout'", "'{place}/new'", "NULL",
             "storage := 'file', storage_config := {{'path': '{place}/new'}}"]
# Attempts to escape the sandbox.
TRICKS = [
    "CALL enable_logging(storage = 'file')",
    "CALL enable_logging(storage = 'stdout'); SELECT 1 AS a; SELECT 2 AS a",
    'CALL "enable_logging"(storage = \'stdout\'); SELECT 1 AS a',
    "CALL /* a */ ENABLE_LOGGING /* ( */ (storage = 'stdout'); SELECT 1 AS a",
    "SELECT * FROM query('SELECT * FROM enable_logging()')",
    "CREATE MACRO m() AS TABLE FROM enable_logging(storage := 'stdout'); "
    "FROM m(); SELECT 1 AS a",
    "PREPARE p AS CALL enable_logging(storage = 'stdout'); EXECUTE p; "
    "SELECT 1 AS a",
    "SELECT $$ ' $$ AS a; CALL enable_logging(storage = 'stdout'); "
    "SELECT ' $$ ' AS a",
    "SELECT e'\\'' AS a; CALL enable_logging(storage = 'stdout'); "
    "SELECT e'\\'' AS a",
    "PRAGMA enable_progress_bar; PRAGMA enable_print_progress_bar; "
    "SELECT count(*) AS a FROM range(30000000)",
    "PRAGMA json_execute_serialized_sql(json_serialize_sql('SELECT 1 AS a'))",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql("
    "'SELECT * FROM enable_logging()'))",
    "SELECT write_log('x', level := 'error') AS a",
    "FROM '{canary}'", "FROM read_text('{canary}')",
    "SELECT * FROM glob('{tmp}/.hlexport*/**')",
    "COPY (SELECT 1) TO '{place}/new'", "EXPORT DATABASE '{place}/new'",
    "ATTACH '{place}/new'", "SET temp_directory = '{place}/new'",
    "IMPORT DATABASE '{place}'", "INSTALL json", "LOAD json",
]


def sql_of(dice, function):
    """SQL that calls it in some form, and the view's columns."""
    name, arguments = function["name"], dice.choice(ARGUMENTS)
    quoted = name if re.fullmatch(r"\w+", name) else f'"{name}"'
    call = f"{quoted}({arguments})"
    kind = function["type"]
    forms = {"pragma": [f"PRAGMA {name}", f"PRAGMA {name} = '{{place}}/new'",
                        f"PRAGMA {call}", f"CALL {call}"],
             "table": [f"SELECT * FROM {call}", f"CALL {call}"],
             "table_macro": [f"SELECT * FROM {call}"]}
    return dice.choice(forms.get(kind, [f"SELECT {call} AS a",
                                        f"SELECT {call} OVER () AS a"])), \
        call, kind in ("table", "table_macro", "pragma")


def fill(text, place):
    return text.replace("{{", "{").replace("}}", "}").replace(
        "{canary}", str(place / "canary.csv")).replace(
            "{place}", str(place)).replace("{tmp}", str(place / "tmp"))


def start(place, words):
    return subprocess.Popen(
        [world.HLEXPORT, *words], text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=place,
        env=fixture.environment(TMPDIR=str(place / "tmp")))


def finish(process):
    try:
        out, err = process.communicate(timeout=world.WATCHDOG)
        return process.returncode, out, err
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None, "", "hangs"


def begin(number):
    place = work / f"case{number}"
    (place / "tmp").mkdir(parents=True)
    (place / "canary.csv").write_text(f"{SECRET},b\n{SECRET},2\n")
    shutil.copy(work / "canary.parquet", place / "logs.parquet")
    return place


def stranger(place, **texts):
    """An export with that definition, properly sealed."""
    shutil.copytree(EXPORT, place / "it")
    definition = fixture_definition + TABLES.format(
        **{k: json.dumps(v) for k, v in texts.items()})
    HOLDER["definition"] = definition
    world.write_manifest(place / "it", LINES, "sha256" in LINES[-1])
    return place / "it"


def is_json(line):
    try:
        json.loads(line)
        return True
    except ValueError:
        return False


def check_outcome(place, before, result, rows):
    status, out, err = result
    if status is None:
        return "it hangs"
    if status not in STATUSES or "DuckDB aborted" in err:
        return f"ended with {status}: {err[-300:]}"
    if status != 0 and "hlexport: " not in err:
        return f"ended with {status} and no word: {err[-300:]}"
    if SECRET in out + err:
        return "told what stands outside"
    if rows and not all(map(is_json, out.splitlines())):
        return f"printed more than rows: {out[:200]}"
    after = {path for path in place.rglob("*")
             if not path.is_relative_to(place / "out")}
    if after != before:
        return f"made or left {[str(path) for path in after - before]}"
    if any(SECRET.encode() in path.read_bytes()
           for path in (place / "out").rglob("*") if path.is_file()):
        return "took what stands outside"
    return None


def one(number, context, text, call, is_rows):
    place = begin(number)
    rows = False
    if context == "query":
        words = ["query", str(EXPORT), fill(text, place), "--format",
                 "jsonl"]
        rows = True
    elif context == "parquet":
        words = ["query", str(EXPORT), fill(text, place), "--format",
                 "parquet", "-o", "out.parquet"]
    else:
        call = fill(call, place)
        # A missing column: DuckDB's error lists the existing ones.
        value = "t.none" if context == "columns" else "to_json(t)"
        texts = {"from": "records('logs')", "sql": "1", "events": EVENTS}
        if context == "events":
            texts["events"] = f"SELECT NULL::TIMESTAMPTZ AS time, " \
                f"'x' AS kind, * FROM {call}" if is_rows else \
                f"SELECT NULL::TIMESTAMPTZ AS time, {call} AS kind FROM logs"
        elif is_rows:
            texts["from"] = "(SELECT '{}'::JSON AS record, " \
                f"{value}::VARCHAR AS raw FROM {call} t)"
        else:
            texts["sql"] = call
        root = str(stranger(place, **texts))
        convert = ["convert", root, "--format", "parquet", "--yes", "-q",
                   "-o", "out"]
        words = {"view": ["query", root, "FROM logs LIMIT 3", "--format",
                          "jsonl"],
                 "convert": convert, "columns": convert,
                 "events": ["report", root, "--format", "json"]}[context]
        rows = context == "view"
    before = set(place.rglob("*"))
    result = finish(start(place, words))
    (place / "out.parquet").unlink(missing_ok=True)
    problem = check_outcome(place, before, result, rows)
    shutil.rmtree(place)
    return f"{number}, {context}: {text} {call}", problem


ENDLESS = "range(100000000) a(i), range(100000000) b(i)"


def endless(number, words, sent):
    place = begin(number)
    root = stranger(place, **{
        "from": "(SELECT '{}'::JSON AS record, sum(a.i * b.i)::VARCHAR AS "
                f"raw FROM {ENDLESS})",
        "sql": "1", "events": EVENTS})
    words = [str(root) if word == "{}" else word for word in words]
    before = set(place.rglob("*"))
    process = start(place, [*words, *([] if sent else ["--timeout", "1"])])
    if sent:
        # Wait until it has used some CPU time.
        while process.poll() is None and sum(map(int, pathlib.Path(
                f"/proc/{process.pid}/stat").read_text().rsplit(
                    ")", 1)[1].split()[11:13])) < 40:
            os.sched_yield()
        process.send_signal(sent)
    status, _, err = finish(process)
    problem = None
    if status != (130 if sent else 1) or not (sent or "--timeout" in err):
        problem = f"ended with {status}: {err[-300:]}"
    elif set(place.rglob("*")) != before:
        problem = "left something"
    shutil.rmtree(place)
    return f"{' '.join(words)}, {sent}", problem


fixture_definition = fixture.run("sources", "humanloop").stdout.rstrip() + \
    "\n"
made = fixture.run("query", str(EXPORT), "--format", "parquet", "-o",
                   str(work / "canary.parquet"),
                   f"SELECT '{{}}'::JSON AS record, '{SECRET}' AS raw, "
                   f"'{SECRET}' AS id")
assert made.returncode == 0, made.stderr

number = 0
group = world.Group("ways round what SQL may do")
for trick in TRICKS:
    for way in ("query", "parquet"):
        number += 1
        group.case(*one(number, way, trick, "", False))
for call in ('logs.parquet', '"logs".parquet', '"{place}/logs".parquet',
             '"{place}/canary".csv', '"/"."{place}/canary".csv',
             "'logs.parquet'", "'./logs.parquet'", '"logs.parquet"',
             "read_parquet('logs.parquet')", "parquet_scan('logs.parquet')",
             "read_text('{canary}')", "'{canary}'", "glob('*')",
             "(FROM read_csv('{canary}'))", "(FROM 'logs.parquet')"):
    for way in ("view", "convert", "columns", "events"):
        number += 1
        group.case(*one(number, way, "", call, True))
group.end()

group = world.Group("functions and pragmas in SQL")
first = [f for f in FUNCTIONS if f["type"] in ("pragma", "table")]
rest = [f for f in FUNCTIONS if f not in first]
random.Random(1).shuffle(rest)
each = [(f, way) for f in first + rest for way in
        ("query", "view", "convert", "events", "parquet")]
dice = random.Random(2)
if len(each) > CASES:
    # Functions with side effects, in at least two ways.
    each = [pair for f in first for pair in
            [(f, "query"), (f, dice.choice(["view", "convert"]))]][:CASES] + \
        dice.sample(each, max(0, CASES - 2 * len(first)))
for function, way in each:
    number += 1
    group.case(*one(number, way, *sql_of(random.Random(number), function)))
group.end()

# DuckDB's memory limit does not count strings: they are bounded too.
GROWING = ["SELECT length(repeat(repeat('x', 1000000), 4200)) AS n",
           "SELECT max(length(repeat('x', 4000000000 + i))) AS n FROM "
           "range(3) t(i)"]


def growing(number, sql):
    place = begin(number)
    process = start(place, ["query", str(EXPORT), "--memory-limit", "64MiB",
                            "--timeout", "60", "--threads", "1", sql])
    status, _, err = finish(process)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    shutil.rmtree(place)
    problem = None
    if status not in (0, 1):
        problem = f"ended with {status}: {err[-300:]}"
    elif used > 4000 and "SANITIZE" not in os.environ:
        problem = f"took {used} MiB"
    return sql, problem


group = world.Group("SQL that makes texts without an end")
for sql in GROWING:
    number += 1
    group.case(*growing(number, sql))
group.end()
group = world.Group("SQL without an end")
for command in (["query", "{}", "FROM logs"], ["report", "{}"],
                ["convert", "{}", "--format", "csv", "--yes", "-o", "out"],
                ["query", "{}", "--format", "parquet", "-o", "out.parquet",
                 f"SELECT sum(a.i * b.i) FROM {ENDLESS}"]):
    for sent in (None, signal.SIGTERM):
        number += 1
        group.case(*endless(number, command, sent))
group.end()
world.done(work, fixture)
