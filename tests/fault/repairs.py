#!/usr/bin/env python3
"""Random damage, and one repair.

With the unchanged server, the repair restores the original tree.  With any
other (changed, refusing, failing or gone), everything readable before is
readable after, remaining damage is named, and the next repair with the
unchanged server restores everything.
"""

import os
import pathlib
import random
import shutil
import sys

import damages
import world
from holdings import World, gone, other_server

CASES = world.count(1500, 100000)
FIRST = int(os.environ.get("FIRST", "0"))
MODES = ["as it was"] * 11 + ["shorter", "changed", "failing",
                              "refusing the key", "gone", "busy"]
# Cases that found a bug once.
FOUND = [7003]
EXTRA = ("--remove-extra", "--yes")

WORLDS = [
    ("sample", ["--workspace", "full", "--seed", "3"], ["--logs"]),
    ("small", [], ["--logs"]),
    ("shards", ["--workspace", "bulk", "--files", "2", "--versions", "2",
                "--logs", "2300", "--log-bytes", "10", "--datasets", "1",
                "--datapoints", "1100", "--evaluations", "1",
                "--evaluation-logs", "150"], ["--logs"]),
    # Another API: lists by offset and by time interval.
    ("trace", ["--workspace", "trace", "--records", "2300", "--rows", "330"],
     ["--source", "monkai"]),
    ("trace-bare", ["--workspace", "trace", "--records", "1200", "--rows",
                    "300", "--shape", "bare"], ["--source", "monkai"]),
]
WEIGHTS = [1, 8, 4, 2, 2]


# --------------------------------------------------------------- a case

def repair_with(dice, whole, root, work, mode):
    """Run one repair.  Return its result."""
    fixture = whole.fixture
    fixture.calm()
    command = ["repair", "-q", *EXTRA, str(root)]
    if mode in ("shorter", "changed") and not whole.has_data:
        mode = "failing"
    if mode in ("shorter", "changed"):
        fixture = other_server(dice, whole, work, mode)
        result = fixture.run(*command, "--server-moved")
        fixture.stop()
        return result
    if mode == "refusing the key":
        bad = fixture.key[:-4] + "0000"
        return fixture.run(*command, HUMANLOOP_API_KEY=bad,
                           MONKAI_TRACER_TOKEN=bad)
    if mode == "gone":
        away = "http://127.0.0.1:9/v5"
        return fixture.run(*command, "--server-moved", HUMANLOOP_API_URL=away,
                           MONKAI_TRACE_BASE_URL=away)
    if mode == "failing":
        fixture.fault(f"any status=500 after={dice.randrange(8)}")
    if mode == "busy":
        fixture.fault("any status=503 times=2")
    result = fixture.run(*command)
    fixture.ask("heal")
    return result


def is_same(whole, root):
    wrong = world.differences(world.tree(root), whole.tree)
    extra = [str(f) for f in root.rglob("*") if f.is_symlink()]
    return wrong + extra


def check(whole, root, mode, before, result):
    """What is wrong with the repair's result, or None."""
    if result.returncode not in (0, 1, 3, 4, 6):
        return f"ended with {result.returncode}: {result.stderr[-500:]}"
    after = world.tree(root)
    lost = gone(whole.records, before, after)
    if lost:
        return f"{len(lost)} records can't be read any more: {lost[0][:100]}"
    wrong = is_same(whole, root)
    if mode in ("shorter", "changed"):
        # A rebuilt manifest has another order.
        wrong = [w for w in wrong if w not in damages.MANIFESTS]
    if result.returncode == 0:
        return f"said that it is repaired, and it differs: {wrong}" \
            if wrong else None
    if mode in ("as it was", "busy"):
        return f"ended with {result.returncode}: {wrong} " \
            f"{result.stderr[-500:]}{result.stdout[-500:]}"
    if mode in ("refusing the key", "gone") and world.differences(
            before, after):
        return "it failed, and changed files"
    verified = whole.fixture.run("verify", str(root))
    if verified.returncode != 6:
        return f"not repaired, and verify says {verified.returncode}"
    return None


def is_too_much(whole, before, mode, said):
    """Were pages fetched that have no damaged records?"""
    if mode != "as it was" or not whole.has_data or \
            any("manifest" in what for what in said):
        return None
    most = 1    # the request that checks the key
    for path in world.differences(before, whole.tree):
        if path not in whole.tree or path in damages.TOP or \
                path.endswith(".done"):
            continue
        most += 11 if path.endswith(".jsonl") else 1
    asked = whole.fixture.asked()["requests"]
    return f"{asked} requests, and {most} are enough" if asked > most \
        else None


def case(number, here):
    worlds, work = here.worlds, here.work
    dice = random.Random(number)
    whole = dice.choices(worlds, WEIGHTS)[0]
    mode = dice.choice(MODES)
    place = work / "case"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    root = place / "export"
    shutil.copytree(whole.path, root)
    said = damages.harm(dice, root)
    what = f"{number} ({mode}): {'; '.join(said)}"
    before = world.tree(root)
    try:
        result = repair_with(dice, whole, root, work, mode)
        wrong = check(whole, root, mode, before, result) or \
            is_too_much(whole, before, mode, said)
        if wrong is None and result.returncode != 0:
            result = repair_with(dice, whole, root, work, "as it was")
            wrong = check(whole, root, "as it was", before, result)
            if wrong:
                wrong = "then, " + wrong
    except world.subprocess.TimeoutExpired:
        wrong = "it hangs"
    return what, wrong, mode


class Worlds:
    """The state of one worker."""

    def __init__(self, work):
        work.mkdir()
        self.work = work
        self.worlds = [World(work, *w) for w in WORLDS]

    def stop(self):
        for whole in self.worlds:
            whole.fixture.stop()


def main():
    work = pathlib.Path(world.work_dir())
    numbers = [int(a) for a in sys.argv[1:]] or \
        [*FOUND, *range(FIRST, FIRST + CASES)]
    groups = {mode: world.Group(f"damage and one repair, the server {mode}")
              for mode in dict.fromkeys(MODES)}
    for what, wrong, mode in world.share_out(numbers, work, Worlds, case):
        groups[mode or MODES[0]].case(what, wrong)
    for group in groups.values():
        if group.cases or not sys.argv[1:]:
            group.end()
    world.done(work)


if __name__ == "__main__":
    main()
