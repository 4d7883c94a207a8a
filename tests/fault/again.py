#!/usr/bin/env python3
"""Commands that write output files, killed at any step and repeated.

Without --force, the second run must end like an undisturbed one: with the same
bytes, and no leftovers.
"""

import random
import subprocess
import time

import making
import world

maker = making.start()
run, fresh, state = maker.run, maker.fresh, maker.state
place, example = maker.place, maker.example
counter = maker.work / "count"

COMMANDS = [
    maker.convert("csv", "-o", "it"),
    maker.convert("parquet", "-o", "it"),
    maker.convert("jsonl", "--compress", "zstd", "-o", "it"),
    maker.convert("duckdb", "-o", "it"),
    maker.convert("csv", "--zip", "-o", "it"),
    maker.convert("json", "--tables", "logs", "--output-file", "it"),
    ["report", str(example), "-q", "-o", "it"],
    ["report", str(example), "-q", "--all-formats", "--zip", "-o", "it"],
    ["query", str(example), "-q", "-o", "it", "SELECT id FROM logs"],
    ["query", str(example), "-q", "-o", "it", "--format", "parquet",
     "SELECT id FROM logs"],
]
if maker.has("xlsx"):
    COMMANDS.append(maker.convert("xlsx", "-o", "it"))


def again(command, wanted):
    """What is wrong after the command was repeated, or None."""
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
    """The output tree, the number of disk steps, the duration."""
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


references = [undisturbed(command) for command in COMMANDS]

group = world.Group("ended before a disk step, and run again")
for command, (wanted, steps, _) in zip(COMMANDS, references):
    last = steps - 7    # each step from publishing on
    stride = world.every(max(1, steps // 4))
    for at in [*range(1, last, stride), *range(max(1, last), steps + 1)]:
        fresh()
        result = run(command, program=world.STEPS, HLEXPORT_STEP_AT=str(at),
                     HLEXPORT_STEP_DO="end")
        problem = again(command, wanted) if result.returncode == 137 else \
            f"ended with {result.returncode}: {result.stderr}"
        group.case(f"{maker.name_of(command)}, step {at} of {steps}", problem)
group.end()

random.seed(20251126)
group = world.Group("killed at a random moment, and run again")
for command, (wanted, _, seconds) in zip(COMMANDS, references):
    for i in range(world.count(3, 200)):
        fresh()
        process = subprocess.Popen(
            [world.HLEXPORT, *command], cwd=place, env=maker.environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Late steps more often: these leave files behind.
        time.sleep(seconds * random.random() ** 0.5 * 1.05)
        process.kill()
        ended = process.wait() == 0
        if state() == wanted:
            problem = None      # killed after its last step
        else:
            problem = "incomplete" if ended else again(command, wanted)
        group.case(f"{maker.name_of(command)}, number {i}", problem)
group.end()

# A user's file of that name must not be mistaken for ours.
group = world.Group("cut off, and then changed by the user: left alone")
for command, (wanted, steps, _) in zip(COMMANDS, references):
    fresh()
    run(command, program=world.STEPS, HLEXPORT_STEP_AT=str(steps),
        HLEXPORT_STEP_DO="end")
    it = place / "it"
    mine = it / "mine" if it.is_dir() else it
    mine.write_text("precious")
    result = run(command)
    group.case(maker.name_of(command), None if result.returncode == 2 and
               mine.read_text() == "precious" else
               f"{result.returncode}: {result.stderr}")
group.end()

# File systems that cannot sync directories.
group = world.Group("a disk that can't sync directories")
fixture = world.Fixture()
for error, status in (("EINVAL", 0), ("ENOTSUP", 0), ("EIO", 1)):
    fresh()
    wanted = {"convert": maker.convert("csv", "-o", "it"),
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

world.done(maker.work, fixture)
