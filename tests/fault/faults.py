#!/usr/bin/env python3
"""Every fault on every route, one at a time; and random schedules of faults.

A run either ends complete and equal to an undisturbed run; or with a status
other than 0: then everything missing is named, the rest is correct, and a
resume without faults produces the undisturbed tree.  It never hangs, and never
floods the server with requests.
"""

import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import threading

import world

ROUTES = ["directories", "files", "versions", "environments", "datapoints",
          "evaluations", "stats", "runs", "evaluation_logs", "logs", "log"]

FAULTS = [
    "status=500", "status=500 form=html", "status=500 form=empty",
    "status=502", "status=503", "status=503 text=1", "status=504",
    "status=408", "status=409", "status=425", "status=429 text=1",
    "status=429", "status=429 text=Wed,21-Oct-2015-07:28:00-GMT",
    "status=400", "status=401", "status=401 form=html", "status=403",
    "status=404", "status=405", "status=410", "status=422",
    "delay=20", "cut=100", "cut=0", "chunkcut=100", "badjson=60",
    "badjson=0", "reset=1", "close=1", "gzip=1", "badgzip=1",
    "headers=400", "body=200 text=<html></html> form=html", "body=200",
    "body=200 text=null", "body=200 text={\"detail\":\"no\"}",
    "body=200 text={\"records\":null}",
]

# Wrong values that only paged lists have.
LIES = ["total=7", "total=100000", "total=0", "short=1", "same=1"]
PAGED = ["logs", "datapoints", "evaluation_logs"]

WORLDS = [
    (),
    ("--workspace", "bulk", "--files", "2", "--logs", "330", "--datasets",
     "1", "--datapoints", "1100", "--evaluations", "1",
     "--evaluation-logs", "230", "--log-bytes", "200"),
]


class Place:
    """A fixture, a directory and the undisturbed tree of one worker."""

    def __init__(self, options):
        self.fixture = world.Fixture(*options)
        self.work = world.work_dir()
        self.whole = world.tree(self.export("whole")[1])
        self.asked = self.fixture.asked()["requests"]
        self.fixture.calm()

    def export(self, name, *options):
        where = os.path.join(self.work, name)
        shutil.rmtree(where, ignore_errors=True)
        result = self.fixture.run("--logs", "-q", "--json", "-o", where,
                                  *options)
        return result, world.the_export(where)

    def stop(self):
        self.fixture.stop()
        shutil.rmtree(self.work, ignore_errors=True)


places = threading.local()
all_places = []


def place(number):
    mine = getattr(places, "mine", None)
    if mine is None:
        mine = places.mine = [Place(options) for options in WORLDS]
        all_places.extend(mine)
    return mine[number]


def is_named(path, gaps):
    """Do the gaps cover this path?"""
    if path.startswith(("manifest", "SHA256SUMS")) or path.endswith(".done"):
        return True
    return any(all(part in path for part in re.split(
        "[/+]", gap["listing"])[1:]) for gap in gaps)


def tells_key(key, result, path):
    """Is the key in the output or in any file, including the log?"""
    if key in result.stdout + result.stderr:
        return True
    return path is not None and any(
        key.encode() in file.read_bytes() or key in file.name
        for file in path.rglob("*") if file.is_file())


def check(here, faults, *options):
    here.fixture.calm()
    for fault in faults:
        here.fixture.fault(fault)
    try:
        result, path = here.export("run", *options)
    except subprocess.TimeoutExpired:
        return "it hangs"
    asked = here.fixture.asked()["requests"]
    here.fixture.calm()
    if tells_key(here.fixture.key, result, path):
        return "the key is told"
    if asked > 6 * here.asked + 600:
        return f"{asked} requests"
    if result.returncode not in (0, 1, 3, 4):
        return f"status {result.returncode}: {result.stderr}"
    have = world.tree(path) if path else {}
    if result.returncode == 0:
        wrong = [p for p in world.differences(have, here.whole)
                 if not p.startswith("manifest")]
        return f"complete, but differs: {wrong}" if wrong else None
    if path is None:
        return None
    if result.returncode == 3:
        gaps = json.loads(result.stdout)["gaps"]
        if not gaps:
            return "gaps, and none is named"
        unnamed = [p for p in world.differences(have, here.whole)
                   if not is_named(p, gaps)]
        if unnamed:
            return f"missing and not named: {unnamed}; {gaps}"
    try:
        result = here.fixture.run("-q", "--resume", str(path))
    except subprocess.TimeoutExpired:
        return "the resume hangs"
    if result.returncode != 0:
        return f"resume: {result.returncode}: {result.stderr}"
    wrong = [p for p in world.differences(world.tree(path), here.whole)
             if not p.startswith("manifest")]
    return f"resumed, but differs: {wrong}" if wrong else None


def run(group, cases):
    """cases: (what, number of the world, faults, options)"""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda case: (case[0], check(
            place(case[1]), case[2], *case[3])), cases)
        for what, problem in results:
            group.case(what, problem)
    for one in all_places:
        one.stop()
    all_places.clear()
    group.end()


def matrix():
    for route in ROUTES:
        for fault in FAULTS:
            for times in ("times=2", "times=always"):
                spec = f"{route} {fault} {times}"
                yield spec, 0, [spec], ()
    for route in PAGED:
        for lie in LIES:
            for times in ("times=1", "times=always"):
                spec = f"{route} {lie} page=2 {times}"
                yield spec, 1, [spec], ()
    for route in ("stats", "versions", "evaluation_logs"):
        spec = f"{route} stall=20 times=2"
        yield spec, 0, [spec], ("--stall", "1s", "--first-byte", "1s")


def schedules(n):
    for seed in range(n):
        dice = random.Random(seed)
        number = dice.randrange(len(WORLDS))
        faults = []
        for _ in range(dice.randint(1, 4)):
            route = dice.choice(ROUTES + ["any"])
            words = [route, dice.choice(FAULTS)]
            if number == 1 and route in PAGED:
                if dice.random() < 0.3:
                    words[1] = dice.choice(LIES) + " page=2"
                elif dice.random() < 0.5:
                    words.append(f"holds={dice.randint(1, 330)}")
                else:
                    words.append(f"page={dice.randint(1, 4)}")
            words.append("times=" + dice.choice(
                ["1", "1", "2", "3", "5", "8", "20", "always"]))
            faults.append(" ".join(words))
        jobs = dice.choice(["1", "2", "16"])
        yield f"seed {seed}: {faults}", number, faults, ("-j", jobs)


run(world.Group("each fault on each route"), matrix())
run(world.Group("random schedules"),
    schedules(world.count(1500, 20000)))
print(f"1..{world.Group.number}")
