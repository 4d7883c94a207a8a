#!/usr/bin/env python3
"""Untrusted input costs time in proportion to its size.

Manifests, definitions and archives with N and 2 N of each element that can be
repeated, forwards and backwards: the cost may grow by a factor of 2.5 at most.
The cost of definitions and archives is in instructions, counted by valgrind;
that of manifests, which is dominated by memory latency, in processor time, the
least of three runs.
"""

import json
import math
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tarfile

import world

FEW = 600              # for expensive elements
MANY = 10000           # for lines of a manifest
MOST = 2.5
TRIES = 3              # other programs disturb the cache
TOP = pathlib.Path(os.environ.get("TOP", ".")).resolve()
EXAMPLE = next((TOP / "exports.example").glob("2*"))
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

work = pathlib.Path(world.work_dir())
if shutil.which("valgrind") is None:
    world.skip(work, "there is no valgrind")

ALL = [json.loads(line) for line in
       (EXAMPLE / "manifest.jsonl").read_text().splitlines()]
HEADER, BODY = ALL[0], ALL[1:-1]
LOGS = next(line for line in BODY
            if line.get("listing", "").startswith("logs/"))
KEY, SHARD = LOGS["listing"], LOGS["files"][0]["path"]
OTHERS = [line for line in BODY if line is not LOGS]


def gap(number, **more):
    return {"gap": KEY, "first": number * 100, "count": 100, "status": 500,
            "why": "x", **more}


def page(number, **more):
    return {"page": KEY, "first": number * 100, "count": 100,
            "total": 10**9, "size": 100, "received": 100, "distinct": 100,
            "kept": 0, "at": 0, "files": [], **more}


def receipt(path, lines=0):
    return {"path": path, "bytes": 5000 if lines else 0, "sha256": EMPTY,
            **({"lines": lines} if lines else {})}


MANIFESTS = {
    "gaps": lambda n: BODY + [gap(i) for i in range(n)],
    "gaps, backwards": lambda n: BODY + [gap(i) for i in range(n, 0, -1)],
    "gaps of records": lambda n: BODY + [
        {"gap": KEY, "record": i, "why": "x"} for i in range(n)],
    "gaps of lists": lambda n: BODY + [
        {**gap(0), "gap": f"logs/pr_{i}"} for i in range(n)],
    "pages": lambda n: OTHERS + [page(i) for i in range(n)],
    "pages, backwards": lambda n: OTHERS + [page(i)
                                            for i in range(n, 0, -1)],
    "gaps that pages fill": lambda n: OTHERS + [
        gap(i) for i in range(n // 2)] + [page(i) for i in range(n // 2)],
    "readings": lambda n: OTHERS + [page(0, **{"pass": i + 1})
                                    for i in range(n)],
    "pages of one window": lambda n: OTHERS + [page(0) for _ in range(n)],
    "pages with one object": lambda n: OTHERS + [
        page(i, files=[receipt(SHARD)]) for i in range(n)],
    "pages with one shard": lambda n: OTHERS + [
        page(i, files=[receipt(SHARD, 1000)]) for i in range(n)],
    "pages with shards": lambda n: OTHERS + [
        page(i, files=[receipt(os.path.dirname(SHARD) + f"/{i + 1}.jsonl",
                               1000)]) for i in range(n)],
    "lists": lambda n: BODY + [
        {"listing": f"logs/pr_{i}", "records": 0, "total": 0, "size": 100,
         "files": []} for i in range(n)],
    "one list": lambda n: BODY + [LOGS] * n,
    "shards": lambda n: OTHERS + [
        {"listing": KEY, "records": n * 1000, "total": n * 1000,
         "size": 100, "files": [receipt(os.path.dirname(SHARD) +
                                        f"/{i + 1}.jsonl", 1000)
                                for i in range(n)]}],
    "marks": lambda n: BODY + [
        {"done": f"files/pr_{i}", "files": [receipt(f"files/pr_{i}/.done")]}
        for i in range(n)],
}

USAGE = """name: usage
about: x
server: {url: "http://127.0.0.1:1"}
resources:
  - name: metrics
    list: /metrics
    paging: none
    records: metrics
    shards: metrics
"""
TABLE = """tables:
  metrics:
    about: x
    from: records('metrics')
    columns:
"""
DEFINITIONS = {
    "columns": lambda n: USAGE + TABLE + "".join(
        f"      c{i}: it\n" for i in range(n)),
    "paths of a column": lambda n: USAGE + TABLE + "      x: {about: it, "
    "path: [" + ", ".join(f"p{i}" for i in range(n)) + "]}\n",
    "tables": lambda n: USAGE + "tables:\n" + "".join(
        f"  t{i}:\n    about: x\n    from: records('metrics')\n"
        "    columns:\n      id: it\n" for i in range(n)),
    "keys": lambda n: USAGE + "".join(f"x{i}: 1\n" for i in range(n)),
    "plain columns": lambda n: USAGE + TABLE + "      c: it\n    plain: [" +
    ", ".join(f"c{i}" for i in range(n)) + "]\n",
    "comments": lambda n: USAGE + "# x\n" * n,
}


def write_export(place, lines):
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(EXAMPLE, place)
    for name in ("manifest.copy.jsonl", "SHA256SUMS"):
        (place / name).unlink(missing_ok=True)
    world.write_manifest(place, [HEADER, *lines], False)


def write_archive(place, members):
    with tarfile.open(place, "w") as tar:
        for name in members:
            tar.addfile(tarfile.TarInfo(name))


def instructions(*words):
    """The number of instructions, or what is wrong."""
    out = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         world.HLEXPORT, *words], text=True, capture_output=True, cwd=work,
        timeout=10 * world.WATCHDOG, env={
            **os.environ, "HUMANLOOP_API_KEY": "x", "TMPDIR": str(work),
            "HLEXPORT_SKIP_WAITS": "1", "LC_ALL": "C.UTF-8"})
    found = re.search(r"Collected : (\d+)", out.stderr)
    assert found is not None, out.stderr[-500:]
    return int(found.group(1))


def processor_time(*words):
    """The shortest of three runs, in seconds."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([world.HLEXPORT, *words], capture_output=True,
                       cwd=work, timeout=world.WATCHDOG, check=False,
                       env={**os.environ, "LC_ALL": "C.UTF-8"})
        spent.append(resource.getrusage(
            resource.RUSAGE_CHILDREN).ru_utime - before)
    return min(spent)


nothing = {}           # the command's base cost


def growth(measure, count, prepare, *words):
    if os.environ.get("ONLY", name) != name:
        return None
    if words not in nothing:
        prepare(0)
        nothing[words] = measure(*words)
    counts = [nothing[words], math.inf, math.inf]
    for _ in range(TRIES):
        for i in (1, 2):
            prepare(i * count)
            counts[i] = min(counts[i], measure(*words))
        none, one, two = counts
        grown = (two - none) / max(1e-3, one - none)
        if grown <= MOST:
            return None
    return f"{grown:.2f} times as much: {counts}"


group = world.Group("N and 2 N of what stands in a manifest")
for name, make in MANIFESTS.items():
    for words in (["summary", "it"], ["verify", "--fast", "it"])[
            :2 if world.soak() else 1]:
        group.case(f"{name}: {words[0]}", growth(
            processor_time, MANY, lambda n, make=make: write_export(
                work / "it", make(n)), *words))
group.end()
group = world.Group("N and 2 N of what stands in a definition")
for name, make in DEFINITIONS.items():
    group.case(name, growth(
        instructions, FEW, lambda n, make=make: (work / "x.yaml").write_text(make(n)),
        "help", "export", "--source", "./x.yaml"))
group.end()
group = world.Group("N and 2 N of what stands in an archive, or beside it")
for name, members in {
        "members": lambda n: [f"it/{i}" for i in range(n)],
        "one member": lambda n: ["it/x"] * n,
        "folders": lambda n: [f"it/{i}/x" for i in range(n)]}.items():
    group.case(name, growth(
        instructions, FEW, lambda n, members=members: write_archive(
            work / "it.tar", [*members(n), "it/manifest.jsonl"]), "verify",
        "it.tar"))
group.end()
world.done(work)
