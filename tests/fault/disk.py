#!/usr/bin/env python3
"""Each disk step in turn: the process is killed before or in it, or it fails.

In all cases, a resume must produce the tree of an undisturbed run.  First with
synchronous syncs, so that the steps are numbered deterministically; then with
syncs in a thread, as in production, where the order differs each time.
"""

import os
import shutil

import world

ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EACCES", "EMFILE", "EINTR", "EROFS",
          "short"]

work = world.work_dir()
fixture = world.Fixture()
counter = os.path.join(work, "count")


def export(where, **more):
    return fixture.run("--logs", "-q", "-o", where, program=world.STEPS,
                       **more)


def fresh(name):
    where = os.path.join(work, name)
    shutil.rmtree(where, ignore_errors=True)
    return where


def resume(where):
    """Resume until it is complete; what is wrong, or None."""
    path = world.the_export(where)
    if path is None or not (path / "manifest.jsonl").exists():
        # It was killed before it created anything: start over.
        shutil.rmtree(where, ignore_errors=True)
        result = fixture.run("--logs", "-q", "-o", where)
    else:
        result = fixture.run("-q", "--resume", str(path))
    if result.returncode != 0:
        return f"resume: {result.returncode}: {result.stderr}"
    wrong = world.differences(world.tree(world.the_export(where)), whole)
    return f"differs: {wrong}" if wrong else None


def disturbed(at, what, **more):
    where = fresh("run")
    result = export(where, HLEXPORT_STEP_AT=str(at), HLEXPORT_STEP_DO=what,
                    **more)
    if what in ("end", "half"):
        if result.returncode not in (137, 0):
            return f"ended with {result.returncode}: {result.stderr}"
    elif result.returncode not in (0, 1):
        return f"ended with {result.returncode}: {result.stderr}"
    elif result.returncode == 1 and "hlexport: " not in result.stderr:
        return "failed without a message"
    elif result.returncode == 0 and world.differences(
            world.tree(world.the_export(where)), whole):
        return "said that it was complete, and it is not"
    return resume(where)


reference = fresh("whole")
result = export(reference, HLEXPORT_STEP_COUNT=counter)
assert result.returncode == 0, result.stderr
whole = world.tree(world.the_export(reference))
with open(counter) as file:
    steps, mallocs = map(int, file.read().split())
every = world.every(9)

group = world.Group("the process ends before a disk step")
for at in range(1, steps + 1, world.every(2)):
    group.case(f"step {at}", disturbed(at, "end"))
group.end()

group = world.Group("the process ends in a write, half of it done")
for at in range(1, steps + 1, world.every(3)):
    group.case(f"step {at}", disturbed(at, "half"))
group.end()

group = world.Group("a disk step fails: " + ", ".join(ERRORS))
for number, error in enumerate(ERRORS):
    for at in range(1 + number, steps + 1, every):
        group.case(f"step {at} {error}", disturbed(at, error))
group.end()

threaded = {"HLEXPORT_STEP_THREAD": "1", "HLEXPORT_STEP_SLOW": "3"}
group = world.Group("the same beside a thread that syncs")
for at in range(1, steps + 1, world.every(2)):
    group.case(f"step {at}", disturbed(at, "end", **threaded))
for number, error in enumerate(ERRORS + ["half"]):
    for at in range(1 + number, steps + 1, every):
        group.case(f"step {at} {error}", disturbed(at, error, **threaded))
group.end()


def damage(path):
    """One line less in the second of three shards, and a file lost."""
    shard = sorted(path.glob("files/*/logs/2.jsonl"))[0]
    lines = shard.read_bytes().splitlines(keepends=True)
    shard.write_bytes(b"".join(lines[:7] + lines[8:]))
    sorted(path.glob("files/*/file.json"))[0].unlink()
    (path / "manifest.copy.jsonl").write_bytes(b"{}\n")


def repaired(at, what):
    """The old state or the new one, and the next repair completes it."""
    where = world.pathlib.Path(fresh("repair"))
    shutil.rmtree(f"{where}.repair", ignore_errors=True)
    shutil.copytree(big_one, where)
    damage(where)
    before = world.tree(where)
    result = large.run("repair", "-q", str(where), program=world.STEPS,
                       HLEXPORT_STEP_AT=str(at), HLEXPORT_STEP_DO=what,
                       HLEXPORT_STEP_COUNT=counter)
    after = world.tree(where)
    for path in world.differences(before, after):
        if after.get(path) != big_whole.get(path):
            return f"{path} is neither what it was nor what it should be"
    if result.returncode == 0 and after != big_whole:
        return "said that it is repaired, and it is not"
    if what not in ("end", "half") and result.returncode != 0 and \
            "hlexport: " not in result.stderr:
        return f"ended with {result.returncode}, without a message"
    result = large.run("repair", "-q", str(where))
    if result.returncode != 0:
        return f"repair: {result.returncode}: {result.stderr}"
    wrong = world.differences(world.tree(where), big_whole)
    return f"differs: {wrong}" if wrong else None


large = world.Fixture("--workspace", "bulk", "--files", "1", "--logs", "2300",
                      "--datasets", "0", "--log-bytes", "10")
big = fresh("big")
result = large.run("--logs", "-q", "-o", big)
assert result.returncode == 0, result.stderr
big_one = world.the_export(big)
big_whole = world.tree(big_one)
group = world.Group("the process ends before a disk step of a repair")
group.case("undisturbed", repaired(0, "end"))
with open(counter) as file:
    repair_steps = int(file.read().split()[0])
for at in range(1, repair_steps + 1):
    group.case(f"step {at}", repaired(at, "end"))
group.end()

group = world.Group("a disk step of a repair fails")
for error in ERRORS + ["half"]:
    for at in range(1, repair_steps + 1, world.every(3)):
        group.case(f"step {at} {error}", repaired(at, error))
group.end()
large.stop()


def without_memory(at):
    where = fresh("run")
    result = export(where, HLEXPORT_MALLOC_AT=str(at))
    if result.returncode == 0:
        return resume(where)    # it needed fewer steps this time
    if result.returncode != 1 or "out of memory" not in result.stderr:
        return f"ended with {result.returncode}: {result.stderr}"
    return resume(where)


group = world.Group("there is no memory for a request of it")
for at in range(1, mallocs + 1, max(1, mallocs // (
        world.count(150, mallocs)))):
    group.case(f"request {at} of {mallocs}", without_memory(at))
group.end()

world.done(work, fixture)
