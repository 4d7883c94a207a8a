#!/usr/bin/env python3
"""A second user in the directories that are written to.

In the output directory and in the temporary directory, another user creates
files, links, pipes, directories, sockets and devices under every name that
could be used, and keeps replacing temporary files with links.  The command
never writes to, removes or reveals another user's files, always ends, and only
its own user can access its output.
"""

import hashlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

import world

NOBODY = 65534
OTHER = 54321          # runs the program, if not root
CASES = world.count(60, 3000)
ROUNDS = int(os.environ.get("ROUNDS", "600" if world.soak() else "12"))
EXAMPLE = next((pathlib.Path(os.environ.get("TOP", ".")).resolve() /
                "exports.example").glob("2*"))

COMMANDS = {
    "report.html": ["report", "{x}", "--format", "html", "-o"],
    "report.md": ["report", "{x}", "-o"],
    "all": ["report", "{x}", "--all-formats", "--zip", "-o"],
    "rows.csv": ["query", "{x}", "SELECT 1 AS n", "-o"],
    "rows.parquet": ["query", "{x}", "SELECT 1 AS n", "-o"],
    "csv": ["convert", "{x}", "--format", "csv", "--yes", "-o"],
    "jsonl": ["convert", "{x}", "--format", "jsonl", "--yes", "--zip", "-o"],
    "parquet": ["convert", "{x}", "--format", "parquet", "--yes", "-o"],
    "xlsx": ["convert", "{x}", "--format", "xlsx", "--yes", "-o"],
    "duckdb": ["convert", "{x}", "--format", "duckdb", "--yes", "-o"],
    "pack.tar.gz": ["pack", "{x}", "-o"],
    "pack.zip": ["pack", "{x}", "-o"],
}
KINDS = ["file", "link", "link to a directory", "dangling link", "hard link",
         "pipe", "directory", "full directory", "socket", "device"]

work = pathlib.Path(world.work_dir())
if os.geteuid() != 0:
    world.skip(work, "a second user needs root")
os.chmod(work, 0o711)
has_tables = "no DuckDB" not in subprocess.run(
    [world.HLEXPORT, "--version"], capture_output=True, text=True).stdout
if not has_tables:
    COMMANDS = {k: v for k, v in COMMANDS.items() if v[0] == "pack"}


def as_user(uid, what, *arguments):
    """Run it in a process of that user; return its ID."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            what(*arguments)
            os._exit(0)
        except Exception as problem:
            print(f"# as {uid}: {problem!r}", file=sys.stderr)
            os._exit(1)
    return child


def put(path, kind, canary):
    """Create a file of that KIND, as root if necessary."""
    owned = True
    if kind == "file":
        path.write_text("theirs")
        os.chmod(path, 0o666)
    elif kind == "link":
        path.symlink_to(canary / "file")
    elif kind == "link to a directory":
        path.symlink_to(canary)
    elif kind == "dangling link":
        path.symlink_to(canary / "new")
    elif kind == "hard link":
        os.link(canary / "file", path)
        owned = False
    elif kind == "pipe":
        os.mkfifo(path, 0o666)
    elif kind in ("directory", "full directory"):
        path.mkdir(mode=0o777)
        if kind == "full directory":
            for name in ("hlexport-scratch", "rows", "files"):
                (path / name).write_text("theirs")
                os.lchown(path / name, NOBODY, NOBODY)
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(
            os.path.relpath(path))
    elif kind == "device":
        os.mknod(path, 0o666 | 0o020000, os.makedev(1, 3))
    if owned:
        os.lchown(path, NOBODY, NOBODY)
        if kind in ("directory", "full directory"):
            os.chmod(path, 0o700)


def state(root):
    """All files: names, owners, modes, bytes."""
    have = {}
    for path in [root, *sorted(root.rglob("*"))]:
        st = path.lstat()
        have[str(path.relative_to(root))] = (
            st.st_uid, st.st_mode, st.st_nlink if path.is_dir() else 0,
            os.readlink(path) if path.is_symlink() else
            hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file() else "")
    return have


def begin(number, mode, uid):
    place = work / f"case{number}"
    canary = place / "canary"
    shared = place / "shared"
    canary.mkdir(parents=True, mode=0o700)
    (canary / "file").write_text("precious")
    (canary / "hlexport-scratch").write_text("")
    os.chmod(place, 0o711)
    for path in [canary, *canary.iterdir()]:
        os.chown(path, uid, uid)
    shared.mkdir()
    os.chmod(shared, mode)
    os.chown(shared, NOBODY if mode == 0o777 else 0, 0)
    shutil.copytree(EXAMPLE, place / "x")
    for path in [place / "x", *(place / "x").rglob("*")]:
        os.chown(path, uid, uid)
        os.chmod(path, 0o700 if path.is_dir() else 0o600)
    (place / "x" / "export.log").touch()
    return place, canary, shared


def run(uid, words, shared):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("HUMANLOOP", "HLEXPORT_"))}
    env.update(TMPDIR=str(shared), LC_ALL="C.UTF-8", HOME="/nonexistent")
    try:
        return subprocess.run(
            ["setpriv", f"--reuid={uid}", f"--regid={uid}",
             "--clear-groups", world.HLEXPORT, *words], text=True,
            capture_output=True, timeout=world.WATCHDOG, env=env,
            stdin=subprocess.DEVNULL, cwd=shared, umask=0o077)
    except subprocess.TimeoutExpired:
        return None


def words_of(command, place, target):
    return [word.replace("{x}", str(place / "x")) for word in command] + \
        [str(target)]


def check_made(target, uid):
    """Does only its user have access to the output?"""
    for path in [target, *target.rglob("*")]:
        st = path.lstat()
        if st.st_uid != uid:
            return f"{path.name} is of user {st.st_uid}"
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            return f"{path.name} is no file and no directory"
        if st.st_mode & 0o077:
            return f"{path.name} has mode {st.st_mode & 0o777:o}"
        if path.is_file() and st.st_nlink != 1:
            return f"{path.name} has {st.st_nlink} names"
    return None


def one_name(number):
    """A file with a name that the command may use."""
    dice = random.Random(number)
    name = dice.choice(sorted(COMMANDS))
    kind = KINDS[number % len(KINDS)]
    uid = dice.choice([0, OTHER])
    mode = dice.choice([0o777, 0o1777])
    place, canary, shared = begin(number, mode, uid)
    os.chdir(shared)
    there = dice.choice([name, name, f".hlexport-{name}",
                         ".hlexport-scratch-0123456789ab",
                         ".hlexport-published-0123456789ab",
                         f".hlexport-{name}-0123456789ab"])
    put(shared / there, kind, canary)
    force = dice.choice([[], ["--force"]])
    before, theirs = state(canary), state(shared)
    result = run(uid, words_of(COMMANDS[name] if there != name else
                               [*COMMANDS[name][:-1], *force,
                                COMMANDS[name][-1]], place,
                               shared / name), shared)
    what = f"{number}: {name} as {uid} in {mode:o}: {there} is a {kind}"
    problem = None
    if result is None:
        problem = "it hangs"
    elif state(canary) != before:
        problem = f"changed what is another's: {state(canary)}"
    elif result.returncode not in (0, 1, 2):
        problem = f"ended with {result.returncode}: {result.stderr[-300:]}"
    elif result.returncode != 0 and not result.stderr.strip():
        problem = f"ended with {result.returncode} and no word"
    elif result.returncode == 0:
        problem = check_made(shared / name, uid)
    if not problem and there != name:
        after = state(shared)
        if result.returncode != 0:
            problem = f"ends with {result.returncode} for it: " \
                f"{result.stderr[-300:]}"
        elif {k: v for k, v in theirs.items() if k != "."} != \
                {k: v for k, v in after.items() if k in theirs and k != "."}:
            problem = "changed what is theirs"
        elif [k for k in after if k.startswith(".hlexport") and
              k not in theirs]:
            problem = "left something over"
    os.chdir(work)
    shutil.rmtree(place)
    return what, problem


def swap(shared, canary, seed):
    """Keep replacing temporary files with links."""
    dice = random.Random(seed)
    number = 0
    signal.alarm(world.WATCHDOG)
    while True:
        try:
            names = os.listdir(shared)
        except OSError:
            continue
        for name in names:
            path = f"{shared}/{name}"
            if not name.startswith(".hlexport-") or os.path.islink(path):
                continue
            number += 1
            try:
                os.rename(path, f"{shared}/.stolen-{os.getpid()}-{number}")
                if dice.random() < 0.5:
                    os.symlink(canary, path)
                else:
                    os.mkdir(path, 0o777)
                    os.symlink(f"{canary}/new", f"{path}/rows")
                    os.symlink(f"{canary}", f"{path}/files")
            except OSError:
                continue
        # Keep replacing its own fake scratch directory, to confuse a sweep.
        path = f"{shared}/.hlexport-scratch-0123456789ab"
        try:
            if os.path.islink(path):
                os.unlink(path)
            elif os.path.isdir(path):
                os.rename(path, f"{path}-old{number}")
            elif dice.random() < 0.5:
                os.symlink(canary, path)
            else:
                os.mkdir(path, 0o700)
                open(f"{path}/hlexport-scratch", "w").close()
        except OSError:
            pass


def one_race(number):
    dice = random.Random(number)
    name = sorted(COMMANDS)[number % len(COMMANDS)]
    uid = dice.choice([0, OTHER])
    place, canary, shared = begin(number, 0o777, uid)
    before = state(canary)
    thief = as_user(NOBODY, swap, str(shared), str(canary), number)
    time.sleep(0)
    result = run(uid, words_of(COMMANDS[name], place, shared / name), shared)
    os.kill(thief, signal.SIGKILL)
    os.waitpid(thief, 0)
    what = f"race {number}: {name} as {uid}"
    problem = None
    if result is None:
        problem = "it hangs"
    elif state(canary) != before:
        problem = f"changed what is another's: {state(canary)}"
    elif result.returncode not in (0, 1, 2):
        problem = f"ended with {result.returncode}: {result.stderr[-300:]}"
    shutil.rmtree(place, ignore_errors=True)
    return what, problem


for title, n, case in (("a second user's names", CASES, one_name),
                       ("a second user's swaps", ROUNDS, one_race)):
    group = world.Group(title)
    for each in map(int, os.environ["ONLY"].split()) if \
            "ONLY" in os.environ else range(n):
        group.case(*case(each))
    group.end()
os.chdir("/")
world.done(work)
