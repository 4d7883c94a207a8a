#!/usr/bin/env python3
"""The keys of the records in an export, as the fixture's truth has them.

keys.py EXPORT writes have.KIND for each kind, a key a line, sorted.
"""

import glob
import json
import os
import sys


def records(pattern):
    """Each record of the files that fit, with the folders above it."""
    for path in sorted(glob.glob(pattern)):
        with open(path, encoding="utf-8", newline="\n") as file:
            text = file.read()
        lines = text.split("\n")[:-1] if path.endswith(".jsonl") else [text]
        for line in lines:
            yield json.loads(line), path.split("/")


def main():
    files = sys.argv[1] + "/files/"
    found = {kind: [] for kind in (
        "files", "versions", "datapoints", "evaluations", "runs",
        "evaluation_logs", "logs")}
    file_ids = {}
    for record, path in records(files + "*/file.json"):
        file_ids[path[-2]] = record["id"]
        found["files"].append(record["id"])
    for record, path in records(files + "*/versions/*"):
        found["versions"].append(
            file_ids[path[-3]] + " " + record["version_id"])
    for record, path in records(files + "*/datapoints/*/*.jsonl"):
        found["datapoints"].append(path[-2] + " " + record["id"])
    for record, path in records(files + "*/evaluations/*/evaluation.json"):
        found["evaluations"].append(
            file_ids[path[-4]] + " " + record["id"])
    for record, path in records(files + "*/evaluations/*/runs/*"):
        found["runs"].append(path[-3] + " " + record["id"])
    for record, path in records(files + "*/evaluations/*/logs/*.jsonl"):
        found["evaluation_logs"].append(
            path[-3] + " " + record["run_id"] + " " + record["log"]["id"])
    for record, path in records(files + "*/logs/*.jsonl"):
        found["logs"].append(file_ids[path[-3]] + " " + record["id"])
    for kind, keys in found.items():
        lines = sorted(key.encode("utf-8", "surrogatepass") for key in keys)
        with open("have." + kind, "wb") as out:
            out.writelines(line + b"\n" for line in lines)


os.environ.setdefault("PYTHONUTF8", "1")
main()
