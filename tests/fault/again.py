#!/usr/bin/env python3
"""Commands that make files, ended anywhere and run again as they were.

Without --force, the second run must end as one that nothing disturbed: the
same bytes, and nothing left over.
"""

import os
import pathlib
import random
import shutil
import subprocess
import time

import world

work = pathlib.Path(world.work_dir())
counter = work / "count"
place = work / "place"
temporary = work / "tmp"
example = work / "export"
TOP = pathlib.Path(os.environ.get("TOP", "."))
shutil.copytree(TOP / "exports.example" / "20250606-120000", example)

version = subprocess.run([world.HLEXPORT, "--version"], text=True,
                         capture_output=True).stdout
CONVERT = ["convert", str(example), "--yes", "-q", "--format"]
if "no DuckDB" in version:
    world.skip(work, "built without DuckDB")
COMMANDS = [
    [*CONVERT, "csv", "-o", "it"],
    [*CONVERT, "parquet", "-o", "it"],
    [*CONVERT, "jsonl", "--compress", "zstd", "-o", "it"],
    [*CONVERT, "duckdb", "-o", "it"],
    [*CONVERT, "csv", "--zip", "-o", "it"],
    [*CONVERT, "json", "--tables", "logs", "--output-file", "it"],
    ["report", str(example), "-q", "-o", "it"],
    ["report", str(example), "-q", "--all-formats", "--zip", "-o", "it"],
    ["query", str(example), "-q", "-o", "it", "SELECT id FROM logs"],
    ["query", str(example), "-q", "-o", "it", "--format", "parquet",
     "SELECT id FROM logs"],
]
if "no libxlsxwriter" not in version:
    COMMANDS.append([*CONVERT, "xlsx", "-o", "it"])


def environment(**more):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("HUMANLOOP", "HLEXPORT_"))}
    env.update(LC_ALL="C.UTF-8", SOURCE_DATE_EPOCH="1764000000",
               TMPDIR=str(temporary), **more)
    return env


def run(command, program=world.HLEXPORT, **more):
    return subprocess.run([program, *command], cwd=place, text=True,
                          capture_output=True, timeout=world.WATCHDOG,
                          env=environment(**more))


def fresh():
    for path in (place, temporary):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()


def state():
    """All that is in the two folders, hidden things too."""
    found = {}
    for top in (place, temporary):
        for path in sorted(top.rglob("*")):
            found[str(path)] = path.read_bytes() if path.is_file() else None
    return found


def again(command, wanted):
    """What is wrong after the command is run once more, or None."""
    made = {name: data for name, data in state().items()
            if name.startswith(str(place / "it"))}
    if made and made != wanted:
        return "something half-made has its name"
    result = run(command)
    if result.returncode != 0:
        return f"again: {result.returncode}: {result.stderr}"
    now = state()
    if now != wanted:
        return "again: differs in " + str(sorted(
            name for name in set(now) | set(wanted)
            if now.get(name, 0) != wanted.get(name, 0)))
    return None


def undisturbed(command):
    """The tree that it makes, its disk steps, its time."""
    fresh()
    result = run(command, program=world.STEPS,
                 HLEXPORT_STEP_COUNT=str(counter))
    assert result.returncode == 0, result.stderr
    steps = int(counter.read_text().split()[0])
    wanted = state()
    fresh()
    before = time.monotonic()
    result = run(command)
    assert result.returncode == 0, result.stderr
    assert state() == wanted, command
    return wanted, steps, time.monotonic() - before


def name_of(command):
    return " ".join(word for word in command if word != str(example))


references = [undisturbed(command) for command in COMMANDS]

group = world.Group("ended before a disk step, and run again")
for command, (wanted, steps, _) in zip(COMMANDS, references):
    last = steps - 7    # from where it is published, each
    stride = 1 if world.soak() else max(1, steps // 4)
    for at in [*range(1, last, stride), *range(max(1, last), steps + 1)]:
        fresh()
        result = run(command, program=world.STEPS, HLEXPORT_STEP_AT=str(at),
                     HLEXPORT_STEP_DO="end")
        trouble = again(command, wanted) if result.returncode == 137 else \
            f"ended with {result.returncode}: {result.stderr}"
        group.case(f"{name_of(command)}, step {at} of {steps}", trouble)
group.end()

random.seed(20251126)
group = world.Group("killed at a random moment, and run again")
for command, (wanted, _, seconds) in zip(COMMANDS, references):
    for i in range(200 if world.soak() else 4):
        fresh()
        process = subprocess.Popen(
            [world.HLEXPORT, *command], cwd=place, env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Late more often: there is what it leaves.
        time.sleep(seconds * random.random() ** 0.5 * 1.05)
        process.kill()
        if process.wait() == 0:
            trouble = None if state() == wanted else "it is not all there"
        else:
            trouble = again(command, wanted)
        group.case(f"{name_of(command)}, number {i}", trouble)
group.end()

# A thing of the user's that has the name is not taken for one of ours.
group = world.Group("cut off, and then changed by the user: left alone")
for command, (wanted, steps, _) in zip(COMMANDS, references):
    fresh()
    run(command, program=world.STEPS, HLEXPORT_STEP_AT=str(steps),
        HLEXPORT_STEP_DO="end")
    it = place / "it"
    mine = it / "mine" if it.is_dir() else it
    mine.write_text("precious")
    result = run(command)
    group.case(name_of(command), None if result.returncode == 2 and
               mine.read_text() == "precious" else
               f"{result.returncode}: {result.stderr}")
group.end()

# Where the disk has no sync for directories, there is none to be made.
group = world.Group("a disk that can't sync directories")
fixture = world.Fixture()
for error, status in (("EINVAL", 0), ("ENOTSUP", 0), ("EIO", 1)):
    fresh()
    wanted = {"convert": [*CONVERT, "csv", "-o", "it"],
              "pack": ["pack", str(example), "-q", "-o", "x.zip"]}
    for name, command in wanted.items():
        result = run(command, program=world.STEPS, HLEXPORT_DIR_SYNC=error)
        group.case(f"{name}, {error}", None if result.returncode == status
                   else f"{result.returncode}: {result.stderr}")
    result = fixture.run("-q", "-o", str(place / "exports"),
                         program=world.STEPS, HLEXPORT_DIR_SYNC=error)
    group.case(f"export, {error}", None if result.returncode == status
               else f"{result.returncode}: {result.stderr}")
group.end()

world.done(work, fixture)
