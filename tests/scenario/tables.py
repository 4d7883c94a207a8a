"""What the tables of an export must hold, told from its tree alone, against
what a conversion holds:  tables.py TREE FORMAT DIR [READER]

READER is a program that prints a Parquet file as JSON lines.  Prints what
differs, and how many rows were compared."""

import csv
import datetime
import glob
import gzip
import json
import os
import subprocess
import sys

VARIANTS = ["prompt", "agent", "flow", "tool", "evaluator"]
tree, form, made = sys.argv[1:4]
reader = sys.argv[4:]


def lines(pattern):
    """(keys, line) of all shards that the pattern finds, in order."""
    folders = sorted(set(os.path.dirname(path) for path in glob.glob(
        os.path.join(tree, pattern, "*.jsonl"))))
    for folder in folders:
        keys = os.path.relpath(folder, tree).split("/")
        number = 1
        while os.path.exists(f"{folder}/{number}.jsonl"):
            with open(f"{folder}/{number}.jsonl", encoding="utf-8",
                      newline="\n") as shard:
                for line in shard:
                    yield keys, line[:-1]
            number += 1


def objects(pattern):
    for path in sorted(glob.glob(os.path.join(tree, pattern))):
        with open(path, encoding="utf-8") as file:
            yield os.path.relpath(path, tree).split("/"), file.read()


def moment(text):
    """A time of the API as microseconds; without a zone it is UTC."""
    if text is None:
        return None
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return round((when - start) / datetime.timedelta(microseconds=1))


def text(value):
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def variant(log):
    for name in VARIANTS:
        if name in log:
            return name
    return None


def expect_logs():
    for keys, line in lines("files/*/logs"):
        log = json.loads(line)
        kind = variant(log)
        about = log.get(kind) or {}
        costs = [log.get(key) for key in ("prompt_cost", "output_cost")]
        costs = [cost for cost in costs if cost is not None]
        yield {
            "id": log["id"], "type": kind, "file_id": keys[1],
            "file_path": about.get("path"),
            "version_id": about.get("version_id"),
            "created_at": moment(log.get("created_at")),
            "model": about.get("model") if kind in ("prompt", "agent")
            else None,
            "prompt_tokens": log.get("prompt_tokens"),
            "output_tokens": log.get("output_tokens"),
            "cost": sum(costs) if costs else None,
            "latency": log.get("provider_latency"),
            "output": text(log.get("output")), "error": log.get("error"),
            "user": log.get("user"), "environment": log.get("environment"),
            "metadata": log.get("metadata"), "inputs": log.get("inputs"),
            "raw": line,
        }


def expect_datapoints():
    for keys, line in lines("files/*/datapoints/*"):
        point = json.loads(line)
        yield {"dataset_id": keys[1], "version_id": keys[3],
               "id": point["id"], "inputs": point.get("inputs"),
               "target": point.get("target"), "raw": line}


def expect_messages():
    for keys, line in lines("files/*/logs"):
        log = json.loads(line)
        all_of_it = [(one, False) for one in log.get("messages") or []]
        if log.get("output_message") is not None:
            all_of_it.append((log["output_message"], True))
        for position, (message, is_output) in enumerate(all_of_it, 1):
            yield {"log_id": log["id"], "file_id": keys[1],
                   "position": position, "is_output": is_output,
                   "role": message.get("role")}


def expect_versions():
    for _, body in objects("files/*/versions/*"):
        if not body.startswith("{"):
            continue        # a raw text
        version = json.loads(body)
        yield {"file_id": version["id"], "version_id": version["version_id"],
               "type": version.get("type"), "path": version["path"],
               "model": version.get("model"),
               "temperature": version.get("temperature"),
               "created_at": moment(version["created_at"])}


def expect_spans():
    """The logs of traces, each where it is nested deepest in a root."""
    def walk(log, root, parent, depth, out):
        out.append({"root_id": root, "id": log["id"], "depth": depth,
                    "parent_id": parent or log.get("trace_parent_id"),
                    "type": variant(log)})
        for child in log.get("trace_children") or []:
            walk(child, root, log["id"], depth + 1, out)

    logs = [json.loads(line) for _, line in lines("files/*/logs")]
    seen = set(log["id"] for log in logs)
    logs += [json.loads(body) for _, body in objects(
        "files/*/evaluations/*/traces/*/*")
        if json.loads(body)["id"] not in seen]
    found, nested = {}, set()
    for log in logs:
        out = []
        walk(log, log["id"], None, 0, out)
        found[log["id"]] = out
        nested |= set(span["id"] for span in out[1:])
    for log in logs:
        if log["id"] not in nested and (log.get("trace_children") or
                                        log.get("trace_id") is not None):
            yield from found[log["id"]]


# Tables of which only the number of rows is compared.
COUNTS = {
    "directories": lambda: json.load(open(f"{tree}/directories.json")),
    "files": lambda: list(objects("files/*/file.json")),
    "deployments": lambda: [row for _, body in objects(
        "files/*/deployments.json") for row in json.loads(body)],
    "environments": lambda: [row for _, body in objects(
        "files/*/environments.json") for row in json.loads(body)],
    "evaluations": lambda: list(objects(
        "files/*/evaluations/*/evaluation.json")),
    "runs": lambda: list(objects("files/*/evaluations/*/runs/*")),
    "evaluation_logs": lambda: list(lines("files/*/evaluations/*/logs")),
    "datasets": lambda: [body for _, body in objects("files/*/versions/*")
                         if body.startswith("{") and
                         json.loads(body).get("type") == "dataset"],
    "evaluation_stats": lambda: [stat for _, body in objects(
        "files/*/evaluations/*/stats.json")
        for run in json.loads(body)["run_stats"]
        for stat in run["evaluator_stats"] or [None]],
}
VALUES = {"logs": expect_logs, "datapoints": expect_datapoints,
          "messages": expect_messages, "versions": expect_versions,
          "trace_spans": expect_spans}


def is_same(name, want, have):
    """Is a value what it should be, in the form that the format has?"""
    if want is None:
        return have in (None, "")
    if name == "raw" and isinstance(have, str):
        return have == want
    if name == "raw":
        return have == json.loads(want)
    if name.endswith("_at"):
        if isinstance(have, datetime.datetime):
            have = have.isoformat() + "+00:00"
        # Excel's days have a resolution of some microseconds.
        return abs(moment(have) - want) <= (500 if form == "xlsx" else 0)
    if isinstance(want, bool):
        return have is want or have == str(want).lower()
    if isinstance(want, (int, float)):
        return have not in (None, "") and float(have) == float(want) or \
            have not in (None, "") and \
            abs(float(have) - want) <= 1e-12 * abs(want)
    if isinstance(want, (dict, list)):
        if isinstance(have, str):
            have = json.loads(have)
        return sanitized(have) == sanitized(want)
    if have == "" and want != "":
        return False
    return sanitized(have) == sanitized(want)


def sanitized(value):
    """Halves of surrogate pairs, and what a reader makes of large numbers."""
    if isinstance(value, str):
        return "".join("\ufffd" if 0xd800 <= ord(c) <= 0xdfff else c
                       for c in value)
    if isinstance(value, dict):
        return {sanitized(key): sanitized(item) for key, item in value.items()}
    if isinstance(value, list):
        return [sanitized(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def rows(table):
    if form == "csv":
        with open(f"{made}/{table}.csv", encoding="utf-8", newline="") as f:
            return list(csv.DictReader(f))
    if form == "json":
        with open(f"{made}/{table}.json", encoding="utf-8") as f:
            return json.load(f)
    if form == "jsonl":
        path = f"{made}/{table}.jsonl"
        opener = open if os.path.exists(path) else gzip.open
        path = path if opener is open else path + ".gz"
        with opener(path, "rt", encoding="utf-8", newline="\n") as f:
            return [json.loads(line) for line in f]
    if form == "xlsx":
        sheet = book[table].iter_rows(values_only=True)
        names = next(sheet)
        return [dict(zip(names, row)) for row in sheet]
    out = subprocess.run(reader + [f"{made}/{table}.parquet"], check=True,
                         stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in out.decode().split("\n") if line]


csv.field_size_limit(1 << 30)
if form == "xlsx":
    import openpyxl
    book = openpyxl.load_workbook(glob.glob(f"{made}/*.xlsx")[0],
                                  read_only=True)
wrong, compared = 0, 0


def complain(what):
    global wrong
    wrong += 1
    if wrong <= 10:
        print(what[:300])


for table, count in COUNTS.items():
    have, want = len(rows(table)), len(count())
    compared += have
    if have != want:
        complain(f"{table}: {have} rows, not {want}")
for table, expect in VALUES.items():
    have, want = rows(table), list(expect())
    if len(have) != len(want):
        complain(f"{table}: {len(have)} rows, not {len(want)}")
        continue
    key = ("root_id", "id", "log_id", "version_id", "file_id", "position",
           "dataset_id")
    order = [name for name in key if want and name in want[0]]

    def place(row):
        return [float(row[name]) if name == "position" else sanitized(row[name])
                for name in order]
    for one, other in zip(sorted(want, key=place), sorted(have, key=place)):
        compared += 1
        for name, value in one.items():
            if name == "raw" and form == "xlsx":
                continue
            if not is_same(name, value, other.get(name)):
                complain(f"{table} {place(one)} {name}: "
                         f"{other.get(name)!r:.60}, not {value!r:.60}")
print(f"{compared} rows compared, {wrong} wrong")
sys.exit(1 if wrong else 0)
