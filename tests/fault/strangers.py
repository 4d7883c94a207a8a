#!/usr/bin/env python3
"""Untrusted exports: manifests with hostile paths and numbers.

A canary tree surrounds the export; no command may change or reveal it, for any
manifest, sealed or unfinished, and with a server that cooperates with the
attacker.  Each command ends soon, with a documented status.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess

import world

SECRET = "canary-3f9d2c"
PATHS = ["../outside/secret.jsonl", "files/../../outside/secret.jsonl",
         "/outside/secret.jsonl", "{outside}/secret.jsonl", "", ".", "..",
         "./files", "files//x.json", "files/", "x" * 300, "x/" * 3000 + "x",
         "manifest.jsonl", "export.log", "SHA256SUMS", "files/link/secret.jsonl",
         "files/x/logs/0.jsonl", "files/x\u0000y", "secret"]
NUMBERS = [0, 1, 999, 1001, 2**31, 2**32, 2**53, 2**53 + 1, 2**61, 2**63 - 1,
           -1, -2, -2**63, 1.5, 1e300, "7", None, True, [], {}]
FIELDS = ["lines", "bytes", "first", "count", "size", "total", "received",
          "distinct", "kept", "at", "pass", "records", "have", "expected",
          "record", "status", "gone", "changed", "same_key", "files"]
COMMANDS = [["verify"], ["verify", "--fast"], ["verify", "--json"],
            ["verify", "--online"], ["summary"], ["--resume"], ["repair"],
            ["repair", "--remove-extra", "--yes"], ["adopt"],
            ["adopt", "--undo"], ["pack", "-o", "packed.tar.gz"],
            ["query"], ["report"], ["convert", "--format", "csv", "--yes",
                                    "-o", "made"], ["verify", "--accept"]]
STATUSES = {0, 1, 2, 3, 4, 6}
CASES = world.count(400, 20000)

work = pathlib.Path(world.work_dir())
fixture = world.Fixture("--workspace", "bulk", "--files", "2", "--versions",
                        "2", "--logs", "1100", "--log-bytes", "10",
                        "--datasets", "1", "--datapoints", "30",
                        "--evaluations", "1", "--evaluation-logs", "20")
has_tables = "no DuckDB" not in fixture.run("--version").stdout
assert fixture.run("-q", "--logs", "-o", str(work / "new")).returncode == 0
fixture.fault("stats status=500")
assert fixture.run("-q", "--logs", "-o",
                   str(work / "holed")).returncode == 3
fixture.calm()
WHOLE = {True: world.the_export(work / "new"),
         False: world.the_export(work / "holed")}


def make(dice, place, change):
    """An export in PLACE with one CHANGE to its manifest."""
    shutil.rmtree(place, ignore_errors=True)
    sealed = dice.random() < 0.6
    root = place / "it"
    shutil.copytree(WHOLE[sealed], root)
    outside = place / "outside"
    outside.mkdir()
    (outside / "secret.jsonl").write_text(f'{{"id": "{SECRET}"}}\n')
    (place / "secret").write_text(SECRET)
    os.symlink("../../outside", root / "files" / "link")
    lines = [json.loads(line)
             for line in (root / "manifest.jsonl").read_text().splitlines()]
    said = change(dice, lines, place)
    world.write_manifest(root, lines, sealed)
    if not sealed and dice.random() < 0.5:
        (root / "manifest.copy.jsonl").unlink(missing_ok=True)
    return root, said + (", sealed" if sealed else ", not finished")


def canary(place):
    return {str(path.relative_to(place)): path.read_bytes()
            for path in sorted(place.rglob("*"))
            if path.is_file() and not path.is_relative_to(place / "it") and
            not path.name.startswith("packed") and
            not path.is_relative_to(place / "made") and
            ".removed-" not in str(path) and ".repair" not in str(path) and
            ".aside" not in str(path)}


def holders(lines):
    return [line for line in lines if line.get("files") and
            isinstance(line["files"], list)]


def change_path(dice, lines, place):
    line = dice.choice(holders(lines))
    path = dice.choice(PATHS).replace("{outside}", str(place / "outside"))
    receipt = dice.choice(line["files"])
    receipt["path"] = path
    if dice.random() < 0.3:    # A correct receipt of the secret.
        data = (place / "outside" / "secret.jsonl").read_bytes()
        receipt.update(bytes=len(data), lines=1,
                       sha256=hashlib.sha256(data).hexdigest())
    return f"path {path[:60]!r} in {str(line)[:60]}"


def change_number(dice, lines, _place):
    holds = [where for line in lines for where in
             [line, *(line["files"] if isinstance(line.get("files"), list)
                      else [])]
             if any(field in where for field in FIELDS)]
    where = dice.choice(holds)
    fields = [field for field in FIELDS if field in where]
    said = []
    for field in dice.sample(fields, dice.randint(1, min(2, len(fields)))):
        where[field] = dice.choice(NUMBERS)
        said.append(f"{field} {where[field]}")
    return f"{', '.join(said)} in {str(where)[:60]}"


# Writes and reads; strace resolves descriptors to paths.
TRACE = ["strace", "-f", "-qq", "-y", "-e", "trace=open,openat,openat2,"
         "unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,"
         "symlinkat,mkdir,mkdirat,truncate,chmod,fchmodat", "-o"]
# No number may cause a huge allocation.
CAP = ["prlimit", f"--data={1 << 30}"]


def opened(place):
    """A line of the trace that accesses the canary tree, or None."""
    outside = [str(place / "outside"), str(place / "secret")]
    for line in (place / "trace").read_text(errors="replace").splitlines():
        # Only the resolved path counts.
        parts = [line.rpartition(" = ")[2]] if "open" in line.split("(")[0] \
            else [line]
        if any(path in part for path in outside for part in parts):
            return line[:300]
    return None


def run(command, root, place, under=()):
    words = list(command)
    if words[0] == "query":
        words = ["query", str(root), "SELECT count(*) FROM logs"]
    else:
        words.insert(1, str(root))
    try:
        return fixture.run(*words, cwd=place, under=under,
                           ASAN_OPTIONS="detect_leaks=0")
    except Exception as problem:
        return problem


def check(place, before, result):
    if not hasattr(result, "returncode"):
        return repr(result)[:300]
    if result.returncode not in STATUSES:
        return f"ended with {result.returncode}: {result.stderr[-300:]}"
    if SECRET in result.stdout + result.stderr:
        return "told what stands outside"
    if canary(place) != before:
        return "changed what stands outside"
    for path in place.rglob("*"):
        if path.is_file() and not path.is_symlink() and \
                not path.is_relative_to(place / "outside") and \
                path != place / "secret" and \
                SECRET.encode() in path.read_bytes():
            return f"took what stands outside into {path.name}"
    return None


def one(number, change, under):
    """Run one case; return its description and what is wrong."""
    dice = random.Random(number)
    place = work / "case"
    root, said = make(dice, place, change)
    before = canary(place)
    command = COMMANDS[number % len(COMMANDS)]
    if not has_tables and command[0] in ("query", "report", "convert"):
        command = ["verify"]
    fixture.calm()
    traced = under and under[0] == "strace"
    if traced:
        under = [*under, str(place / "trace")]
        (place / "trace").touch()
        before = canary(place)
    result = run(command, root, place, under)
    problem = None
    if traced:
        problem = opened(place)
        (place / "trace").write_text("")
    return f"{number}: {said}: {command}", problem or \
        check(place, before, result)


def main():
    cases = [("paths", change_path, [], CASES // 2),
             ("numbers", change_number, CAP, CASES // 2)]
    if shutil.which("strace") is not None and subprocess.run(
            ["strace", "-qq", "-o", "/dev/null", "true"]).returncode == 0:
        place = work / "probe"
        place.mkdir()
        (place / "secret").write_text("")
        subprocess.run([*TRACE, str(place / "trace"), "cat",
                        str(place / "secret")], check=True)
        assert opened(place) is not None
        cases.append(("paths, for what is opened,", change_path, TRACE,
                      CASES // 4))
    for name, change, under, count in cases:
        group = world.Group(f"{name} of a stranger's manifest")
        for number in range(count):
            group.case(*one(number, change, under))
        group.end()
    fixture.stop()
    print(f"1..{world.Group.number}")


main()
