#!/usr/bin/env python3
"""Every command that writes, killed or failing at a disk step: no record lost.

An export in some state (intact, damaged, unfinished, legacy ...), a command, an
unchanged or different server, and one disk step at which the process is killed
or the disk fails.  Then: every record that a person or `query` could read
before is still readable; the status is 0 only if the result is that of an
undisturbed run, and nothing falsely claims to be complete; and the command
repeated with the unchanged server ends like an undisturbed one, in its status
and in every byte.
"""

import collections
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import damages
import world
from holdings import World, is_less, other_server, records_of

TOP = pathlib.Path(__file__).resolve().parents[2]
CASES = world.count(300, 20000)
FIRST = int(os.environ.get("FIRST", "0"))
VARIANTS = 40 if world.soak() else 4    # per state
QUERIED = 1 if world.soak() else 3      # one in this many is queried with SQL

DOES = ["end", "end", "half", "ENOSPC", "ENOSPC+", "EIO"]
SERVERS = ["as it was"] * 4 + ["absent", "401", "403", "429", "500",
                               "shorter", "changed"]

HUMANLOOP = ["directories", "files", "versions", "deployments",
             "environments", "datapoints", "evaluations", "stats", "runs",
             "evaluation_logs", "logs"]
WORLDS = {
    "small": ([], ["--logs"], HUMANLOOP),
    "shards": (["--workspace", "bulk", "--files", "1", "--versions", "2",
                "--logs", "2100", "--log-bytes", "10", "--datasets", "1",
                "--datapoints", "60", "--evaluations", "1",
                "--evaluation-logs", "30"], ["--logs"], HUMANLOOP),
    "trace": (["--workspace", "trace", "--records", "1300", "--rows", "230"],
              ["--source", "monkai"], None),
}


# ------------------------------------------------- states, made at random

class Place:
    """One worker's servers, and its directory with an export."""

    def __init__(self, work):
        work.mkdir()
        self.work, self.path = work, work / "place"
        self.export, self.archive = self.path / "it", self.path / "x.zip"
        self.worlds, self.others, self.counter = {}, {}, work / "count"
        self.states, self.rows = {}, {}
        for name, (options, export, _) in WORLDS.items():
            self.worlds[name] = World(work, name, options, export)
        self.has_tables = "no DuckDB" not in self.worlds["small"].fixture.run(
            "--version").stdout

    def stop(self):
        for whole in self.worlds.values():
            whole.fixture.stop()
        for fixture in self.others.values():
            fixture.stop()

    def other(self, name, mode):
        """A server with fewer or different records than the export."""
        if (name, mode) not in self.others:
            self.others[name, mode] = other_server(
                random.Random(5), self.worlds[name], self.work, mode)
        return self.others[name, mode]

    def empty(self):
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir()

    def run(self, whole, command, at=0, do="end", **more):
        return whole.fixture.run(
            *command, cwd=self.path, program=world.STEPS, TMPDIR=str(
                self.work), HLEXPORT_STEP_AT=str(at), HLEXPORT_STEP_DO=do,
            HLEXPORT_STEP_COUNT=str(self.counter), **more)

    def steps(self):
        return int(self.counter.read_text().split()[0])

    def cut_off(self, dice, whole, command, first=0.0):
        """Run it on a copy to count its steps; then kill it at one."""
        kept = self.work / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.path, kept)
        self.run(whole, command)
        at = dice.randrange(int(self.steps() * first) + 1, self.steps() + 1)
        self.empty()
        shutil.copytree(kept, self.path, dirs_exist_ok=True)
        self.run(whole, command, at)


def whole_one(_dice, here, whole):
    shutil.copytree(whole.path, here.export)


def damaged(dice, here, whole):
    whole_one(dice, here, whole)
    here.said = damages.harm(dice, here.export)


def with_extra(dice, here, whole):
    damaged(dice, here, whole)
    for name in ("more.json", "1.jsonl.orig"):
        (here.export / "files").mkdir(exist_ok=True)
        (here.export / "files" / name).write_bytes(b'{"id": "more"}\n')


def export_to(here, whole, at=0):
    _, options, _ = WORLDS[whole.name]
    result = here.run(whole, ["export", *options, "-q", "-o", "out"], at)
    path = world.the_export(here.path / "out")
    if path is None or not (path / "manifest.jsonl").exists():
        return False
    path.rename(here.export)
    (here.path / "out").rmdir()
    return result


def unfinished(dice, here, whole):
    """It was killed at a step, or gave up on a failing server."""
    if dice.random() < 0.3 and whole.has_data:
        route = dice.choice(["logs", "versions", "datapoints", "stats"])
        whole.fixture.fault(f"{route} status=500 after={dice.randrange(3)}"
                            " times=always")
        export_to(here, whole)
        whole.fixture.calm()
        return
    here.empty()
    export_to(here, whole)
    last = here.steps()
    while True:
        here.empty()
        if export_to(here, whole, dice.randrange(last // 6, last)):
            return


def unfinished_damaged(dice, here, whole):
    unfinished(dice, here, whole)
    damages.harm(dice, here.export)


def repaired_in_part(dice, here, whole):
    damaged(dice, here, whole)
    here.cut_off(dice, whole, REPAIR, 0.3)


def old(_dice, here, whole):
    subprocess.run([str(TOP / "tests/legacy/make-old-tree"), str(whole.path),
                    str(here.export)], check=True)


def old_edited(dice, here, whole):
    old(dice, here, whole)
    for _ in range(3):
        path = dice.choice(damages.files_of(here.export))
        dice.choice([damages.change_file, damages.lose_file])(
            dice, here.export, path)
    if dice.random() < 0.5:
        (here.export / "SHA256SUMS").write_bytes(b"of the owner's own\n")


def adopted(dice, here, whole):
    dice.choice([old, old_edited])(dice, here, whole)
    result = here.run(whole, ADOPT)
    assert result.returncode == 0, result.stderr


def adopted_in_part(dice, here, whole):
    dice.choice([old, old_edited])(dice, here, whole)
    here.cut_off(dice, whole, ADOPT, 0.2)


def packed(dice, here, whole):
    whole_one(dice, here, whole)
    here.run(whole, PACK)


def packed_less(dice, here, whole):
    """The existing archive has fewer records than the directory."""
    unfinished(dice, here, whole)
    here.run(whole, PACK)
    shutil.rmtree(here.export)
    whole_one(dice, here, whole)


def removed_in_part(dice, here, whole):
    whole_one(dice, here, whole)
    here.cut_off(dice, whole, REMOVE, 0.4)


# --------------------------------------------------------------- commands

REPAIR = ["repair", "it"]
ADOPT = ["adopt", "it"]
PACK = ["pack", "it", "-o", "x.zip"]
REMOVE = [*PACK, "--remove"]


def convert(form, *more):
    return ["convert", "it", "--yes", "--format", form, "-o", "made",
            "--skip-damaged", "--threads", "1", *more]


# Weight, command, states, worlds; does it ask a server?
COMMANDS = [
    (6, ["--resume", "it"], [unfinished, unfinished, adopted,
                             unfinished_damaged], "small shards trace", True),
    (3, ["--resume", "it"], [whole_one, damaged], "small trace", True),
    (3, ["--resume", "it", "--include", "raw"], [whole_one, unfinished],
     "small", True),
    (9, REPAIR, [damaged, damaged, damaged, repaired_in_part, whole_one],
     "small small shards trace", True),
    (2, REPAIR, [unfinished, unfinished_damaged], "small shards", True),
    (3, [*REPAIR, "--partial"], [damaged], "small shards trace", True),
    (4, [*REPAIR, "--remove-extra", "--yes"], [with_extra], "small trace",
     True),
    (5, ADOPT, [old, old_edited, adopted_in_part], "small shards", False),
    (3, [*ADOPT, "--undo"], [adopted], "small", False),
    (2, ["verify", "--accept", "it"], [damaged, unfinished, adopted],
     "small", False),
    (3, PACK, [whole_one, damaged, unfinished], "small shards trace", False),
    (2, ["pack", "it", "-o", "x.tar.gz"], [whole_one], "small", False),
    (2, [*PACK, "--force"], [packed, packed_less], "small", False),
    (3, REMOVE, [whole_one, removed_in_part], "small shards", False),
    (4, [*REMOVE, "--force"], [removed_in_part, packed, packed_less],
     "small", False),
]
TABLES = [
    (1, convert("parquet"), [whole_one, damaged, adopted], "small", False),
    (1, convert("csv", "--compress", "gzip"), [whole_one, unfinished],
     "small", False),
    (1, convert("json"), [damaged], "small", False),
    (1, convert("jsonl", "--zip"), [whole_one, old_edited], "small", False),
    (1, convert("duckdb"), [whole_one], "small", False),
    (1, convert("xlsx"), [whole_one], "small", False),
    (1, ["report", "it", "-o", "made", "--all-formats", "--skip-damaged"],
     [whole_one, damaged, unfinished], "small", False),
]


def is_command(command, *words):
    return all(word in command for word in words)


# -------------------------------------------------------------- the files

def files_below(path):
    return {str(f.relative_to(path)): f.read_bytes()
            for f in path.rglob("*") if f.is_file() and not f.is_symlink()}


def in_archives(here):
    files = {}
    if here.archive.exists():
        with zipfile.ZipFile(here.archive) as file:
            files.update((name.split("/", 1)[1], file.read(name))
                         for name in file.namelist())
    if (here.path / "x.tar.gz").exists():
        with tarfile.open(here.path / "x.tar.gz") as file:
            files.update((one.name.split("/", 1)[1],
                          file.extractfile(one).read())
                         for one in file if one.isfile())
    return files


def readable(here):
    """The records of the directory, and of an archive what is not there;
    and what was set aside: see is_less() for what of it counts."""
    return records_of({**in_archives(here), **files_below(here.export)}) + \
        sum((records_of(files_below(path)) for path in
             here.path.glob("it.removed-*")), collections.Counter())


def queried(here, whole):
    """What `query` gives; of an archive, what it would where it is unpacked;
    or None, or the words with which it failed."""
    names, path = WORLDS[whole.name][2], here.export
    if not here.has_tables or names is None:
        return None
    archived = in_archives(here)
    if archived:
        path = here.work / "unpacked"
        shutil.rmtree(path, ignore_errors=True)
        for name, data in {**archived, **files_below(here.export)}.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
    elif not path.exists():
        return None
    result = whole.fixture.run(
        "query", str(path), "-q", "--skip-damaged", "--format",
        "jsonl", " UNION ALL ".join(
            f"SELECT '{name}' AS name, md5(raw::VARCHAR) AS record "
            f"FROM records('{name}')" for name in names))
    return collections.Counter(result.stdout.splitlines()) \
        if result.returncode == 0 else result.stderr


VOLATILE = re.compile(rb'"accepted": "[^"]*"|'
                      rb'it(/.hlexport-|.)removed-[-0-9]*')
# The log; files set aside; the note of complete output.
OURS = re.compile(r"export\.log$|removed-|\.hlexport-published-")
# Leftovers that could not be removed; the next run does that.
LEFT = re.compile(r"\.hlexport-(scratch-|x\.)|it\.repair(/\.commit|/\.base)?$")
MANIFESTS = re.compile("it/manifest.*jsonl$")


def all_there(here):
    """Every file's bytes, except the log and what depends on the time."""
    found = {}
    for path in sorted(here.path.rglob("*")):
        name = str(path.relative_to(here.path))
        if OURS.search(name):
            continue
        found[name] = os.readlink(path) if path.is_symlink() else \
            VOLATILE.sub(b"", path.read_bytes()) if path.is_file() else None
    return found


# --------------------------------------------------------------- a case

class State:
    """A cached export to start from."""

    def __init__(self, here, builder, name, number):
        self.whole, self.builder = here.worlds[name], builder
        self.path = here.work / f"{builder.__name__}-{name}-{number}"
        here.empty()
        here.said = []
        builder(random.Random(number), here, self.whole)
        here.path.rename(self.path)
        self.back(here)
        self.files = files_below(here.export)
        self.records, self.rows = readable(here), queried(here, self.whole)
        # Records made up by damage may go; but in a legacy export
        # nobody can tell which these are.
        self.counts, self.rows_count = (self.records, self.rows) if builder \
            in OLD else (self.whole.records, rows_of_whole(here, self.whole))
        self.undisturbed = {}
        self.is_damaged = "damaged" in builder.__name__
        # If two files are swapped, one is outside the export for a
        # moment, between two renames.
        self.is_swapped = any(what.startswith("swap") for what in here.said)

    def back(self, here):
        shutil.rmtree(here.path, ignore_errors=True)
        shutil.copytree(self.path, here.path, symlinks=True)


def rows_of_whole(here, whole):
    """The result of `query` for the undisturbed export."""
    if whole not in here.rows:
        here.empty()
        whole_one(None, here, whole)
        here.rows[whole] = queried(here, whole)
    return here.rows[whole]


def run_with(here, whole, command, server, after, at=0, do="end"):
    """Run it with a server of that kind."""
    fixture, more = whole.fixture, {}
    fixture.calm()
    if server in ("shorter", "changed"):
        other = here.other(whole.name, server)
        more = {"HUMANLOOP_API_URL": other.url, "HUMANLOOP_API_KEY": other.key}
    elif server == "absent":
        away = "http://127.0.0.1:9/v5"
        more = {"HUMANLOOP_API_URL": away, "MONKAI_TRACE_BASE_URL": away}
    elif server not in ("as it was", "none"):
        fixture.fault(f"any status={server} times=always after={after}")
    if more:
        command = [*command, "--server-moved"]
    result = here.run(whole, command, at, do, **more)
    fixture.calm()
    return result


class Undisturbed:
    """How a command ends if nothing disturbs it: its status, what is there
    then, its steps."""

    def __init__(self, here, state, command):
        state.back(here)
        result = here.run(state.whole, command)
        self.status, self.there = result.returncode, all_there(here)
        self.steps, self.words = here.steps(), result.stderr[-300:]
        self.lost = lost(here, state, True) or self.repeated(
            here, state, command)

    def repeated(self, here, state, command):
        """A complete server: another run adds no records and loses none."""
        if not {"repair", "--resume"} & set(command):
            return None
        result = here.run(state.whole, command)
        wrong = world.differences(all_there(here), self.there)
        if result.returncode == self.status and not wrong:
            return None
        return f"the same once more: {result.returncode}, the first time " \
            f"{self.status}: {self.words}; differs in {wrong}"


def lost(here, state, ask):
    """Records that were readable before and are not now, or None."""
    gone = is_less(state.counts, state.records, readable(here))
    if gone:
        return f"{len(gone)} records can't be read: {gone[0][:100]}"
    if not ask or not isinstance(state.rows, collections.Counter) or \
            state.is_swapped or \
            files_below(here.export) == state.files:
        return None
    rows = queried(here, state.whole)
    if isinstance(rows, str) or rows is None:
        return f"query: {rows}"
    gone = is_less(state.rows_count, state.rows, rows)
    return f"{len(gone)} rows are gone: {gone[0]}" if gone else None


def is_verified(here, whole, _server=None):
    return not here.export.exists() or \
        whole.fixture.run("verify", str(here.export)).returncode == 0


def has_sizes(here, whole, server):
    """The state before a resume, as far as it matters to it."""
    have = files_below(here.export)
    return server in ("shorter", "changed") or all(
        len(have.get(name, b"\0")) == len(data)
        for name, data in whole.tree.items() if "/" in name)


def check_outcome(here, state, command, server, do, result, wanted):
    """Are the status and the output right?"""
    said = result.stdout + result.stderr
    if result.returncode not in (0, 1, 2, 3, 4, 6) + (
            (137,) if do in ("end", "half") else ()):
        return f"ended with {result.returncode}: {said[-500:]}"
    if result.returncode not in (0, 137) and not said.strip():
        return f"ended with {result.returncode}, without a word"
    tells = re.search("Export complete[:,]|All counts agree|Whole:|Packed:", said)
    # A later verification must tell the truth.
    if tells and tells[0] != "Whole:" and result.returncode not in (0, 137):
        return f"said '{tells[0]}', and ended with {result.returncode}: " \
            f"{said[-500:]}"
    proves = has_sizes if state.is_damaged and "--resume" in command else \
        is_verified
    if tells and tells[0] != "Packed:" and not proves(
            here, state.whole, server):
        return f"said '{tells[0]}', and verify does not"
    if result.returncode != 0:
        return None
    if wanted.status != 0:
        return f"exit 0, and undisturbed it is {wanted.status}: " \
            f"{wanted.words}"
    if server in ("shorter", "changed"):
        return None if proves(here, state.whole, server) else \
            "exit 0, and verify is not"
    wrong = [name for name in world.differences(
        all_there(here), wanted.there) if not LEFT.match(name)]
    return f"exit 0, and it differs: {wrong}" if wrong else None


def ends(here, state, command, server, wanted):
    """Repeat it, undisturbed: what is wrong with the result?"""
    result = here.run(state.whole, command)
    if server in ("shorter", "changed") and state.builder in UNFINISHED:
        # Part of its records are from the other server.
        return None if result.returncode != 0 or is_verified(
            here, state.whole) else "again: exit 0, and verify is not"
    if result.returncode == 2 and "exists; give another name" in \
            result.stderr and all_there(here) == wanted.there:
        return None     # an intact archive is not replaced
    if result.returncode != wanted.status:
        return f"again: {result.returncode}, undisturbed {wanted.status}: " \
            f"{result.stderr[-500:]}{result.stdout[-300:]}"
    wrong = world.differences(all_there(here), wanted.there)
    if server not in ("as it was", "none"):
        # Its lines and their order differ; it was verified,
        # if it is complete.
        wrong = [name for name in wrong if not MANIFESTS.match(name)]
    return f"again: differs in {wrong}" if wrong else None


def case(number, here):
    dice = random.Random(number)
    commands = COMMANDS + (TABLES if here.has_tables else [])
    _, command, builders, names, asks = dice.choices(
        commands, [one[0] for one in commands])[0]
    builder = dice.choice(builders)
    name = dice.choice(names.split())
    if builder in OLD and name == "trace":
        name = "small"
    variant = dice.randrange(VARIANTS)
    server = dice.choice(SERVERS) if asks else "none"
    if name == "trace" and server in ("shorter", "changed"):
        server = "500"
    after = dice.randrange(8)
    do, where = dice.choice(DOES), dice.random()
    state = state_of(here, builder, name, variant)
    key = " ".join(command)
    if key not in state.undisturbed:
        state.undisturbed[key] = Undisturbed(here, state, command)
    wanted = state.undisturbed[key]
    steps, wrong = wanted.steps, None
    if server not in ("as it was", "none"):
        # Count its steps with this server; this is a case as well.
        state.back(here)
        result = run_with(here, state.whole, command, server, after)
        steps = here.steps()
        wrong = lost(here, state, False) or \
            check_outcome(here, state, command, server, "", result, wanted)
    wrong = wrong or wanted.lost
    at = 1 + int(where * steps)
    what = f"{number}: {key}, of {state.path.name}, server {server} " \
        f"after {after}, step {at} of {steps} {do}"
    if wrong:
        return what, "no step disturbed, " + wrong, key
    state.back(here)
    result = run_with(here, state.whole, command, server, after, at, do)
    wrong = lost(here, state, number % QUERIED == 0) or \
        check_outcome(here, state, command, server, do, result, wanted)
    if wrong is None and result.returncode != 0:
        wrong = ends(here, state, command, server, wanted)
    return what, wrong, key


UNFINISHED = (unfinished, unfinished_damaged, repaired_in_part)
OLD = (old, old_edited, adopted, adopted_in_part)


def state_of(here, builder, name, variant):
    key = builder, name, variant
    if key not in here.states:
        here.states[key] = State(here, builder, name, variant)
    return here.states[key]


def main():
    work = pathlib.Path(world.work_dir())
    numbers = [int(a) for a in sys.argv[1:]] or range(FIRST, FIRST + CASES)
    groups = {}
    for what, wrong, key in world.share_out(numbers, work, Place, case):
        key = key or "a case that could not be done"
        groups.setdefault(key, world.Group(key)).case(what, wrong)
    for key in sorted(groups):
        groups[key].end()
    world.done(work)


if __name__ == "__main__":
    main()
