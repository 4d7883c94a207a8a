#!/usr/bin/env python3
"""Legacy exports that were changed or damaged in any way, then adopted.

Every command reads the same records before and after the adoption, and the
commands agree with each other.  An adoption that was killed at any step can be
repeated and undone.
"""

import json
import pathlib
import random
import shutil
import subprocess
import sys

import damages
import world

TOP = pathlib.Path(__file__).resolve().parents[2]
CASES = world.count(60, 1000)
RESOURCES = ["files", "versions", "deployments", "datapoints", "evaluations",
             "stats", "runs", "evaluation_logs", "logs"]
COUNTS = "SELECT " + ", ".join(
    f"(SELECT count(*) FROM records('{name}')) AS {name}"
    for name in RESOURCES)
RECORD = [b'"NaN"', b"NaN", b"Infinity", b"-Infinity"]

work = pathlib.Path(world.work_dir())
fixture = world.Fixture("--workspace", "bulk", "--files", "3", "--versions",
                        "2", "--logs", "1200", "--log-bytes", "10",
                        "--datasets", "1", "--datapoints", "60",
                        "--evaluations", "1", "--evaluation-logs", "40")
has_tables = "no DuckDB" not in fixture.run("--version").stdout
result = fixture.run("-q", "--logs", "-o", str(work / "new"))
assert result.returncode == 0, result.stderr
subprocess.run([str(TOP / "tests/legacy/make-old-tree"),
                str(world.the_export(work / "new")), str(work / "made")],
               check=True)
(work / "made" / "export.log").unlink()


def lay_out(_dice, data):
    """Format each record over several lines, as an editor does."""
    try:
        return b"".join(json.dumps(json.loads(line), indent=2).encode() +
                        b"\n" for line in data.splitlines()[:40]) + \
            b"".join(data.splitlines(keepends=True)[40:])
    except ValueError:
        return data


def add_words(dice, data):
    """NaN and Infinity, which Python writes."""
    at = data.find(b"{")
    return data if at == -1 else data[:at + 1] + \
        b'"x": ' + dice.choice(RECORD) + b", " + data[at + 1:]


def add_litter(_dice, root, _path):
    (root / "files" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return "litter"


def edit(dice, root, path):
    data = (root / path).read_bytes()
    way = dice.choice([damages.as_an_editor_does, lay_out, add_words])
    (root / path).write_bytes(way(dice, data))
    return f"{way.__name__} {path}"


WAYS = [edit] * 6 + [damages.change_file] * 5 + [damages.lose_file,
                                                 damages.add_file, add_litter]


def harm(dice, root):
    said = []
    for _ in range(dice.randrange(6)):
        path = dice.choice(damages.files_of(root))
        said.append(dice.choice(WAYS)(dice, root, path) or "")
    return said


def everything(root):
    return {str(f.relative_to(root)): f.read_bytes()
            for f in sorted(root.rglob("*")) if f.is_file()}


def look(root):
    """The commands' output about the tree, or what is wrong with it."""
    verify = fixture.run("verify", "--json", str(root))
    summary = fixture.run("summary", "--json", str(root))
    if verify.returncode not in (0, 6) or summary.returncode not in (0, 3):
        return None, f"verify: {verify.returncode} {verify.stderr} " \
            f"summary: {summary.returncode} {summary.stderr}"
    found, said = json.loads(verify.stdout), json.loads(summary.stdout)
    counts = {name: said["records"][name] for name in RESOURCES}
    if found["records"] != sum(said["records"].values()):
        return None, f"verify: {found['records']}, summary: {counts}"
    if has_tables:
        query = fixture.run("query", str(root), "-q", "--skip-damaged",
                            "--format", "json", COUNTS)
        have = json.loads(query.stdout)[0]
        if have != counts:
            return None, f"query: {have}, summary: {counts}"
    told = sorted((f["trouble"], f["certainty"], f.get("path", ""))
                  for f in found["findings"] if f["trouble"] != "note")
    return (verify.returncode, counts, told), None


def adopt_and_look(root):
    before = everything(root)
    was, wrong = look(root)
    if wrong:
        return wrong
    result = fixture.run("adopt", "-q", str(root))
    if result.returncode != 0:
        return f"adopt: {result.returncode}: {result.stderr}"
    now, wrong = look(root)
    if wrong:
        return "adopted, " + wrong
    if now != was:
        return f"before: {was}, adopted: {now}"
    after = everything(root)
    changed = [name for name in before if after.get(name) != before[name]]
    if changed:
        return f"adopt changed {changed}"
    sums = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"],
                          cwd=root, capture_output=True, text=True)
    listed = {line[66:] for line in after["SHA256SUMS"].decode().splitlines()}
    left = {name for name in before if ".DS_Store" not in name} - listed
    if sums.returncode or left:
        return f"SHA256SUMS: {sums.stdout}{sums.stderr}{left}"
    result = fixture.run("adopt", "--undo", str(root))
    if result.returncode != 0 or everything(root) != before:
        return f"undo: {result.returncode}: {result.stderr}"
    return None


def case(number):
    dice = random.Random(number)
    root = work / "tree"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(work / "made", root)
    said = harm(dice, root)
    return f"{number}: {'; '.join(said)}", adopt_and_look(root)


group = world.Group("an old tree before and after it is adopted")
for number in [int(a) for a in sys.argv[1:]] or range(CASES):
    group.case(*case(number))
group.end()


def ended(at, what):
    """An adoption that was killed at a step, and the next one."""
    root = work / "tree"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(work / "made", root)
    fixture.run("adopt", "-q", str(root), program=world.STEPS,
                HLEXPORT_STEP_AT=str(at), HLEXPORT_STEP_DO=what,
                HLEXPORT_STEP_COUNT=str(work / "count"))
    result = fixture.run("adopt", "-q", str(root))
    if result.returncode != 0:
        return f"again: {result.returncode}: {result.stderr}"
    wrong = world.differences(everything(root), adopted)
    return f"differs: {wrong}" if wrong else None


if not sys.argv[1:]:
    shutil.rmtree(work / "tree", ignore_errors=True)
    shutil.copytree(work / "made", work / "tree")
    fixture.run("adopt", "-q", str(work / "tree"))
    adopted = everything(work / "tree")
    group = world.Group("an adoption that ended at a disk step, done again")
    group.case("undisturbed", ended(0, "end"))
    steps = int((work / "count").read_text().split()[0])
    for at in range(1, steps + 1):
        for what in ("end", "half", "EIO", "ENOSPC"):
            group.case(f"step {at} {what}", ended(at, what))
    group.end()
world.done(work, fixture)
