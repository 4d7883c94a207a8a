#!/usr/bin/env python3
"""Lists with cursors and lists by time: the process is killed before or in
each disk step, or runs out of memory.

In all cases, a resume must produce the tree of an undisturbed run.
"""

import os
import pathlib
import shutil

import world

SOURCE = """\
name: chain
about: "Lists that go on from reply to reply, and one by time"
server: {url: "http://127.0.0.1:9", env: CHAIN_URL}
auth: {header: Authorization, prefix: "Bearer ", env: CHAIN_KEY}
options:
  way: {kind: choice, choices: [offset, cursor, span], help: which list}
resources:
  - name: offset
    when: {option.way: offset}
    method: POST
    list: /logs/query
    body:
      namespace: customer-support
      limit: {number: "{page.size}"}
      offset: {number: "{page.first}"}
    paging: {style: offset, size: 100, records: logs}
    shards: rows
  - name: cursor
    when: {option.way: cursor}
    list: /marked
    query: {size: "{page.size}", after: "{page.cursor}"}
    paging: {style: cursor, size: 100, cursor: next, records: items}
    shards: rows
  - name: span
    when: {option.way: span}
    list: /span
    query: {from: "{page.start}", to: "{page.end}"}
    paging: {style: windows, cap: "200", to: "{run.started}",
      earliest: "2024-01-01", time: timestamp, order: newest, records: items}
    shards: rows
"""

work = world.work_dir()
fixture = world.Fixture("--workspace", "trace", "--records", "0", "--rows",
                        "1250", "--shape", "bare", "--cap", "200")
fixture.base = fixture.url.rsplit("/", 2)[0]
source = os.path.join(work, "chain.yaml")
pathlib.Path(source).write_text(SOURCE)
counter = os.path.join(work, "count")


def run(*arguments, **more):
    return fixture.run("--source", source, "-q", "--jobs", "1", *arguments,
                       CHAIN_URL=fixture.url, CHAIN_KEY=fixture.key, **more)


def fresh(name):
    where = os.path.join(work, name)
    shutil.rmtree(where, ignore_errors=True)
    return where


def disturbed(way, whole, **more):
    where = fresh("run")
    result = run("--way", way, "-o", where, program=world.STEPS, **more)
    if result.returncode not in (137, 0, 1):
        return f"ended with {result.returncode}: {result.stderr}"
    path = world.the_export(where)
    if path is None or not (path / "manifest.jsonl").exists():
        shutil.rmtree(where, ignore_errors=True)
        result = run("--way", way, "-o", where)
    else:
        result = run("--resume", str(path))
    if result.returncode != 0:
        return f"resume: {result.returncode}: {result.stderr}"
    wrong = world.differences(world.tree(world.the_export(where)), whole)
    return f"differs: {wrong}" if wrong else None


# Slow enough that the records are written in several steps.
fixture.fault("any delay=10")
for way in ("offset", "cursor", "span"):
    reference = fresh("whole")
    result = run("--way", way, "-o", reference, program=world.STEPS,
                 HLEXPORT_STEP_COUNT=counter)
    assert result.returncode == 0, result.stderr
    whole = world.tree(world.the_export(reference))
    lines = [line for shard in (1, 2)
             for line in whole[f"rows/{shard}.jsonl"].splitlines()]
    truth = fixture.truth("logs").encode().splitlines()
    group = world.Group(f"{way}: it is all there")
    group.case("the rows", None if lines == truth else "they differ")
    group.end()
    with open(counter) as file:
        steps, mallocs = map(int, file.read().split())
    group = world.Group(f"{way}: the process ends before a disk step, in "
                        "it, or it fails")
    for at in range(1, steps + 1):
        for what in ("end", "half", "EIO", "short"):
            if world.soak() or (at + len(what)) % 5 == 0:
                group.case(f"step {at} {what}", disturbed(
                    way, whole, HLEXPORT_STEP_AT=str(at),
                    HLEXPORT_STEP_DO=what))
    group.end()
    group = world.Group(f"{way}: there is no memory for a request of it")
    for at in range(1, mallocs + 1, world.every(mallocs // 25)):
        group.case(f"request {at} of {mallocs}", disturbed(
            way, whole, HLEXPORT_MALLOC_AT=str(at)))
    group.end()

world.done(work, fixture)
