#!/usr/bin/env python3
"""pack --remove, killed before each of its disk steps, and repeated.

At any time, every file is in the directory or in the archive; at the end the
archive is intact, the directory is gone, and there are no leftovers.
"""

import shutil
import zipfile

import making
import world

maker = making.Making()
run, fresh, place = maker.run, maker.fresh, maker.place
counter = maker.work / "count"
NAME = "20250606-120000"
whole = {str(path.relative_to(maker.example)): path.read_bytes()
         for path in maker.example.rglob("*") if path.is_file()}


def begin():
    fresh()
    shutil.copytree(maker.example, place / NAME)


def in_directory():
    top = place / NAME
    return {str(path.relative_to(top)): path.read_bytes()
            for path in top.rglob("*") if path.is_file()}


def in_archive():
    if not (place / "x.zip").exists():
        return {}
    with zipfile.ZipFile(place / "x.zip") as file:
        return {info.filename.split("/", 1)[1]: file.read(info)
                for info in file.infolist()}


def lost():
    """Files that are in neither place."""
    here, there = in_directory(), in_archive()
    return [name for name, data in whole.items()
            if here.get(name) != data and there.get(name) != data]


def ended():
    """What is wrong at the end, or None."""
    if in_archive() != whole:
        return "the archive has not all of it"
    left = sorted(path.name for path in place.iterdir())
    if left != ["x.zip"]:
        return f"there is {left}"
    result = run(["verify", "x.zip"])
    return f"verify: {result.stdout}" if result.returncode else None


def count(command):
    begin()
    result = run(command, program=world.STEPS,
                 HLEXPORT_STEP_COUNT=str(counter))
    assert result.returncode == 0, result.stderr
    return int(counter.read_text().split()[0])


def disturbed(command, at, again, what="end"):
    begin()
    result = run(command, program=world.STEPS, HLEXPORT_STEP_AT=str(at),
                 HLEXPORT_STEP_DO=what)
    if result.returncode not in ((137,) if what == "end" else (0, 1)):
        return f"{result.returncode}: {result.stderr}"
    if lost():
        return f"lost: {lost()}"
    if what != "end" and result.returncode == 0:
        return ended()
    for words in again:
        result = run(words)
        if lost():
            return f"lost by {words}: {lost()}"
    if result.returncode != 0:
        return f"again: {result.returncode}: {result.stderr}"
    return ended()


REMOVE = ["pack", NAME, "-q", "-o", "x.zip", "--remove"]
FORCE = [*REMOVE, "--force"]
PACK = ["pack", NAME, "-q", "-o", "x.zip", "--force"]
steps = count(REMOVE)
# Mostly steps of the removal; those of packing are tested elsewhere.
first = steps - len(whole) - 40

group = world.Group("pack --remove, ended before a disk step, run again")
for at in range(max(1, first), steps + 1):
    group.case(f"step {at} of {steps}", disturbed(REMOVE, at, [REMOVE]))
group.end()

every = world.every(7)
group = world.Group("the same with --force; and with pack --force between")
for at in [*range(1, steps, every), *range(steps - 4, steps + 1)]:
    group.case(f"step {at}, --force", disturbed(FORCE, at, [FORCE]))
    # The second run may refuse, but must not lose anything.
    group.case(f"step {at}, pack --force", disturbed(REMOVE, at,
                                                     [PACK, REMOVE]))
group.end()

def replacing(at, what):
    """pack --force over a smaller archive: one of the two exists."""
    begin()
    some = place / NAME
    shutil.copytree(some, place / "all")
    for path in sorted(some.rglob("*.jsonl")):
        path.unlink()
    for name in ("SHA256SUMS", "directories.json"):
        (some / name).unlink()
    assert run(["pack", NAME, "-q", "-o", "x.zip"]).returncode == 0
    old = (place / "x.zip").read_bytes()
    shutil.rmtree(some)
    (place / "all").rename(some)
    result = run(PACK, program=world.STEPS, HLEXPORT_STEP_AT=str(at),
                 HLEXPORT_STEP_DO=what)
    if (place / "x.zip").read_bytes() != old and in_archive() != whole:
        return f"{result.returncode}: neither the old one nor the new one"
    if what != "end" and result.returncode == 1 and \
            (place / "x.zip").read_bytes() != old:
        return "it failed, and the old one is not there"
    result = run(PACK)
    if result.returncode != 0:
        return f"again: {result.returncode}: {result.stderr}"
    shutil.rmtree(some)
    return ended()


group = world.Group("pack --force, ended or failing at a disk step")
replacing(0, "end")
for what in ("end", "EIO"):
    for at in range(1, 30):
        group.case(f"step {at}, {what}", replacing(at, what))
group.end()

group = world.Group("a disk step of the removal fails, and it is run again")
for number, error in enumerate(["EIO", "EACCES", "EROFS"]):
    for at in range(first + number, steps + 1, 6):
        group.case(f"step {at}, {error}", disturbed(REMOVE, at, [REMOVE],
                                                    error))
group.end()

group = world.Group("interrupted more than once")
for at in range(first + 30, steps - 20, 9):
    begin()
    run(REMOVE, program=world.STEPS, HLEXPORT_STEP_AT=str(at),
        HLEXPORT_STEP_DO="end")
    for _ in range(6):
        run(REMOVE, program=world.STEPS, HLEXPORT_STEP_AT="8",
            HLEXPORT_STEP_DO="end")
        if lost():
            break
    group.case(f"step {at}", f"lost: {lost()}" if lost() else None if
               run(REMOVE).returncode == 0 else "the last one failed")
    group.case(f"step {at}, its end", ended())
group.end()

world.done(maker.work)
