#!/usr/bin/env python3
"""Something other than a regular file in the place of each file of an export.

A pipe, a link, a hard link, an endless device, a socket, a directory, an
unreadable file: each command prints a message, ends with a documented status,
never blocks, and changes nothing outside.  If a command must wait for a file
that its user named, one signal ends it.
"""

import os
import pathlib
import pty
import random
import shutil
import signal
import socket
import subprocess
import threading

import world

OTHER = 54321
CASES = world.count(75, 100000)
KINDS = ["pipe", "link", "hard link", "device", "socket", "directory",
         "unreadable", "link to a pipe", "huge file", "endless file"]
COMMANDS = [["verify"], ["verify", "--fast"], ["verify", "--json"],
            ["verify", "--online"], ["verify", "--accept"], ["summary"],
            ["--resume"], ["repair"], ["repair", "--remove-extra", "--yes"],
            ["adopt"], ["adopt", "--undo"], ["pack", "-o", "packed.tar.gz"],
            ["pack", "--remove", "-o", "packed.zip"],
            ["query"], ["report"], ["convert", "--format", "csv", "--yes",
                                    "-o", "made"],
            ["convert", "--format", "parquet", "--yes", "-o", "made"]]
STATUSES = {0, 1, 2, 3, 4, 6}
UNTIL = "hangs, until a signal comes"
ENDLESS_TIMEOUT = 1
TIMEOUT = int(os.environ.get("TIMEOUT", "60"))  # seconds, for busy machines

work = pathlib.Path(world.work_dir())
os.chmod(work, 0o711)
fixture = world.Fixture("--workspace", "bulk", "--files", "1", "--versions",
                        "1", "--logs", "30", "--log-bytes", "10",
                        "--datasets", "1", "--datapoints", "3",
                        "--evaluations", "1", "--evaluation-logs", "2")
has_tables = "no DuckDB" not in fixture.run("--version").stdout
is_root = os.geteuid() == 0
assert fixture.run("-q", "--logs", "-o", str(work / "new")).returncode == 0
fixture.fault("stats status=500")
assert fixture.run("-q", "--logs", "-o",
                   str(work / "holed")).returncode == 3
fixture.calm()
WHOLE = [world.the_export(work / "new"), world.the_export(work / "holed")]
FILES = [sorted(str(path.relative_to(root)) for path in root.rglob("*")
                if path.is_file()) for root in WHOLE]


def put(path, kind, outside):
    """Replace the file with something of that KIND."""
    saved = outside / path.name
    shutil.copy(path, saved)
    if kind == "unreadable":
        os.chmod(path, 0)
        return
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(saved)
    elif kind == "hard link":
        os.link(saved, path)
    elif kind == "device":
        os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))
    elif kind == "socket":
        os.chdir(path.parent)
        socket.socket(socket.AF_UNIX).bind(path.name)
        os.chdir("/")
    elif kind == "directory":
        path.mkdir()
    elif kind == "link to a pipe":
        os.mkfifo(outside / "pipe")
        path.symlink_to(outside / "pipe")
    elif kind in ("huge file", "endless file"):
        with open(path, "wb") as file:
            file.truncate(1 << (30 if kind == "huge file" else 44))


def start(words, place, uid, **more):
    user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    # A gibibyte of zeros must not be read into memory.
    limit = ["prlimit", f"--data={1 << 30}"]
    local = words[0] in world.LOCAL
    asks = [] if local else [
        *([] if "--env-file" in words else ["--env-file", "/dev/null"]),
        *([] if "--server" in words else ["--server", fixture.url])]
    return subprocess.Popen(
        [*(user if uid else []), *limit, world.HLEXPORT, *words,
         *asks],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=place,
        env=fixture.environment(TMPDIR=str(place)),
        **{"stdin": subprocess.DEVNULL, **more})


def finish(process, timeout=TIMEOUT):
    """Its output, or None if it hangs; and whether a signal ends it."""
    try:
        out, err = process.communicate(timeout=timeout)
        return process.returncode, out, err
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            process.communicate(timeout=TIMEOUT)
            return None, "", UNTIL
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None, "", "hangs, and a signal does not end it"


def words_of(command, root):
    if command[0] == "query":
        return ["query", str(root), "SELECT count(*) FROM logs"]
    return [command[0], str(root), *command[1:]]


def state(root):
    return {path.name: path.read_bytes() for path in root.iterdir()
            if path.is_file()}


def one(number):
    dice = random.Random(number)
    which = dice.randrange(2)
    place = work / f"case{number}"
    root, outside = place / "it", place / "outside"
    place.mkdir()
    outside.mkdir()
    shutil.copytree(WHOLE[which], root)
    # Each of them in turn.
    rest, kind = divmod(number, len(KINDS))
    rest, command = divmod(rest, len(COMMANDS)) if world.soak() else \
        (dice.randrange(1 << 20), dice.randrange(len(COMMANDS)))
    # Every command reads those at the top.
    name = FILES[which][rest % len(FILES[which])] if world.soak() or \
        dice.random() < 0.6 else dice.choice(
            [each for each in FILES[which] if "/" not in each])
    command, kind = COMMANDS[command], KINDS[kind]
    if not has_tables and command[0] in ("query", "report", "convert"):
        command = ["verify"]
    what = f"{number}: {' '.join(command)}, {name} is a {kind}"
    if not is_root and kind in ("device", "unreadable"):
        kind = "pipe"
    put(root / name, kind, outside)
    uid = OTHER if kind == "unreadable" else 0
    if uid:
        for path in [place, *place.rglob("*")]:
            os.lchown(path, uid, uid)
    before = state(outside)
    fixture.calm()
    # The user named this file: read it until a signal arrives.
    endless = kind == "endless file"
    status, out, err = finish(start(words_of(command, root), place, uid),
                              ENDLESS_TIMEOUT if endless else TIMEOUT)
    problem = None
    if endless and err == UNTIL:
        problem = None
    elif status is None:
        problem = err
    elif status not in STATUSES:
        problem = f"ended with {status}: {err[-300:]}"
    elif status != 0 and not (out + err).strip():
        problem = f"ended with {status} and no word"
    elif state(outside) != before:
        problem = "changed what stands outside"
    elif command == ["verify"] and status == 0 and kind not in (
            "hard link",) and name != "export.log":
        problem = "finds nothing"
    shutil.rmtree(place)
    return what, problem


# ------------------------------------------- waits that the user asked for

def is_asleep(process):
    """Is it blocked on something other than its own threads?"""
    try:
        text = pathlib.Path(f"/proc/{process.pid}/stat").read_text()
        return text.rsplit(")", 1)[1].split()[0] == "S"
    except FileNotFoundError:
        return True


def until_asleep(process):
    """Poll until it was asleep many times in a row."""
    looks = 0
    while looks < 3000 and process.poll() is None:
        looks = looks + 1 if is_asleep(process) else 0
        os.sched_yield()


def silent_server():
    """A server that accepts connections and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken = []

    def take():
        try:
            while True:
                taken.append(listener.accept())
        except OSError:
            pass
    threading.Thread(target=take, daemon=True).start()
    return listener


ENDLESS = "SELECT sum(a.i * b.i) FROM range(100000000) a(i), " \
    "range(100000000) b(i)"


def waits():
    place = work / "waits"
    place.mkdir()
    root = place / "it"
    shutil.copytree(WHOLE[0], root)
    holed = place / "holed"
    shutil.copytree(WHOLE[1], holed)
    os.mkfifo(place / "pipe")
    silent = silent_server()
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/v5"
    master, slave = pty.openpty()
    cases = [
        ("SQL from a pipe", ["query", str(root), "--file", "pipe"], {}),
        ("SQL from standard input", ["query", str(root), "--file", "-"],
         {"stdin": subprocess.PIPE}),
        ("a definition that is a pipe", ["--source", "./pipe"], {}),
        ("an environment file that is a pipe",
         ["--dry-run", "--env-file", "pipe"], {}),
        ("CA certificates that are a pipe", ["--ca-file", "pipe",
                                             "--dry-run"], {}),
        ("an archive that is a pipe", ["verify", "pipe"], {}),
        ("a server that says nothing",
         ["--dry-run", "--server", url], {}),
        ("a server that says nothing, resumed",
         ["--resume", str(holed), "--server", url, "--server-moved"], {}),
        ("a server that says nothing, asked by verify",
         ["verify", "--online", str(root), "--server", url,
          "--server-moved"], {}),
        ("a question", ["convert", str(root), "--format", "csv", "-o",
                        "made"], {"stdin": slave}),
        ("a query without end", ["query", str(root), ENDLESS], {}),
        ("rows that nobody reads",
         ["query", str(root), "SELECT * FROM range(10000000)", "--format",
          "csv"], {"unread": True}),
        ("a report that nobody reads",
         ["query", str(root), "SELECT repeat('x', 10000000)", "--format",
          "json"], {"unread": True}),
    ]
    for what, words, more in cases:
        if not has_tables and words[0] in ("query", "report", "convert"):
            continue
        for sent in (signal.SIGTERM, signal.SIGINT):
            unread = more.pop("unread", False)
            process = start(words, place, 0, **more)
            if unread:
                more["unread"] = True
            if what == "a query without end":
                # It never sleeps: wait until it has used some CPU time.
                while process.poll() is None and sum(map(int, pathlib.Path(
                        f"/proc/{process.pid}/stat").read_text().rsplit(
                            ")", 1)[1].split()[11:13])) < 50:
                    os.sched_yield()
            else:
                until_asleep(process)
            process.send_signal(sent)
            try:
                if unread:
                    process.wait(timeout=TIMEOUT)
                out, err = process.communicate(timeout=TIMEOUT)
                problem = None if process.returncode in (
                    -sent, 130, *STATUSES) else \
                    f"ended with {process.returncode}"
            except subprocess.TimeoutExpired:
                problem = "one signal does not end it"
                process.kill()
                process.communicate()
            yield f"{what}, {sent.name}", problem
    silent.close()
    os.close(master)
    os.close(slave)


group = world.Group("what is no file, in an export")
for each in map(int, os.environ["ONLY"].split()) if "ONLY" in os.environ \
        else range(CASES):
    group.case(*one(each))
group.end()
group = world.Group("waits that one signal ends")
for each in waits():
    group.case(*each)
group.end()
world.done(work, fixture)
