#!/usr/bin/env python3
"""A full disk, temporarily or permanently, at every kind of write.

For writes of the program and of its libraries: a command that failed to write
ends with status 1 and a message, and publishes nothing; otherwise it ends with
0, and every byte is as on a disk with free space.
"""

import collections
import os
import re
import shutil
import subprocess

import making
import world

maker = making.start()
run, fresh, state = maker.run, maker.fresh, maker.state
counter = maker.work / "count"
calls = maker.work / "calls"
WRITES = "write,pwrite64,writev,pwritev2,ftruncate,fallocate"



def convert(form, *options):
    return maker.convert(form, "-o", "it", "-t", "files,logs,messages",
                         *options)


COMMANDS = {
    "parquet": convert("parquet"),
    "csv": convert("csv"),
    "csv, gzip": convert("csv", "--compress", "gzip"),
    "json": convert("json"),
    "jsonl, zstd": convert("jsonl", "--compress", "zstd"),
    "jsonl, in a ZIP": convert("jsonl", "--zip"),
    "a file": maker.convert("csv", "-t", "logs", "--output-file", "it"),
    "duckdb": convert("duckdb"),
    "duckdb, embedded": convert("duckdb", "--embed"),
    "a report": ["report", str(maker.example), "-q", "--all-formats", "-o",
                 "it"],
    "an archive": ["pack", str(maker.example), "-q", "-o", "it.tar.gz"],
    "a query": ["query", str(maker.example), "-q", "--format", "parquet",
                "-o", "it", "SELECT * FROM logs"],
}
LIBRARIES = ["parquet", "duckdb", "duckdb, embedded", "a query"]

# Cells longer than a library's write buffer.
long = maker.work / "long" / "files" / "pr_1"
(long / "logs").mkdir(parents=True)
(long / "file.json").write_text('{"id":"pr_1","type":"prompt","path":"p"}')
(long / "logs" / "1.jsonl").write_text("".join(
    f'{{"id":"{i}","output":"{"0123456789" * 3000}"}}\n' for i in range(2)))
if maker.has("xlsx"):
    COMMANDS["xlsx"] = convert("xlsx")
    COMMANDS["xlsx, long texts"] = [
        "convert", str(maker.work / "long"), "--yes", "-q", "--format",
        "xlsx", "-t", "logs", "-o", "it"]
    LIBRARIES += ["xlsx", "xlsx, long texts"]

ROWS = """ATTACH '{}' AS made (READ_ONLY);
SELECT table_name, (SELECT count(*) FROM information_schema.columns c
    WHERE c.table_name = t.table_name) FROM information_schema.tables t
    WHERE table_catalog = 'made' ORDER BY 1;
"""


def rows_of(database):
    """The rows of a database; its bytes differ each time."""
    tables = run(["query", str(maker.example), "--allow-external", "-q",
                  "--format", "csv", ROWS.format(database)]).stdout
    names = re.findall(r"^(\w+),\d+\r?$", tables, re.M)
    sums = "".join(f"SELECT '{name}', count(*), bit_xor(hash(t)) "
                   f"FROM made.{name} t;\n" for name in names)
    return tables + run(["query", str(maker.example), "--allow-external",
                         "-q", "--format", "csv",
                         f"ATTACH '{database}' AS made (READ_ONLY);\n" +
                         sums]).stdout


def made():
    """The output, in a comparable form."""
    found = state()
    for name in [name for name in found if name.endswith(".duckdb")]:
        if len(found[name]) > 600000:
            found[name] = rows_of(name)
            found[str(maker.place / "it" / "manifest.json")] = None
    return found


def outcome(result, wanted):
    """What is wrong with the command's result, or None."""
    if result.returncode == 0:
        now = made()
        return None if now == wanted else "exit 0, and it differs in " + \
            str([name for name in set(now) | set(wanted)
                 if now.get(name, 0) != wanted.get(name, 0)])
    if result.returncode != 1:
        return f"exit {result.returncode}: {result.stderr}"
    if state():
        return f"exit 1, and there is {sorted(state())}"
    return None


def spread(n, cases):
    """About CASES numbers from 1 to n, including the last ones."""
    every = world.every(max(1, n // cases))
    return sorted({*range(1, n + 1, every), *range(max(1, n - 2), n + 1)})


wanted, sizes = {}, {}
for name, command in COMMANDS.items():
    fresh()
    result = run(command)
    assert result.returncode == 0, result.stderr
    wanted[name] = made()
    sizes[name] = sum(len(data or b"") for data in state().values())
assert any("logs" in str(rows) for rows in
           wanted["duckdb, embedded"].values())

# The program's own writes, counted over all threads.
group = world.Group("a disk that is full at a step of the program's own")
messages = collections.Counter()
for name, command in COMMANDS.items():
    fresh()
    run(command, program=world.STEPS, HLEXPORT_STEP_COUNT=str(counter))
    steps = int(counter.read_text().split()[0])
    for error in ("ENOSPC", "ENOSPC+"):
        for at in spread(steps, 8):
            fresh()
            result = run(command, program=world.STEPS,
                         HLEXPORT_STEP_AT=str(at), HLEXPORT_STEP_DO=error)
            problem = outcome(result, wanted[name])
            if not problem and result.returncode == 1 and \
                    "No space left" not in result.stderr:
                problem = "no cause: " + result.stderr
            group.case(f"{name}, step {at}, {error}", problem)
group.end()


def trace(*options):
    return ["strace", "-f", "-qq", "--seccomp-bpf", "-e",
            "trace=" + WRITES, *options]


def writes_of(command):
    """The number of writes of the busiest thread."""
    fresh()
    run(command, before=trace("-o", str(calls)))
    by_thread = collections.Counter(
        line.split()[0] for line in calls.read_text().splitlines())
    return max(by_thread.values())


can_trace = shutil.which("strace") and subprocess.run(
    trace("-e", "inject=write:error=ENOSPC:when=1", "-o", "/dev/null",
          "true"), capture_output=True).returncode == 0
group = world.Group("a disk that is full at a write of a library")
for name in LIBRARIES if can_trace else []:
    command = COMMANDS[name]
    writes = writes_of(command)
    for often in ("", "+"):
        for at in spread(writes, 24 if often == "" else 6):
            fresh()
            result = run(command, before=trace(
                "-o", "/dev/null", "-e",
                f"inject={WRITES}:error=ENOSPC:when={at}{often}"))
            group.case(f"{name}, write {at}{often} of {writes}",
                       outcome(result, wanted[name]))
group.end() if can_trace else group.skip("no strace, or no leave to use it")

# Disks of every size, from empty to sufficient.
group = world.Group("a disk of too few KB")


def mount(kb):
    return os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kb}k", "none",
         str(maker.place)], capture_output=True).returncode == 0


def on_disk_of(kb, name):
    """The command's result on a disk of that size, or None."""
    if not mount(kb):
        return "could not be mounted"
    try:
        return outcome(run(COMMANDS[name]), wanted[name])
    finally:
        subprocess.run(["umount", str(maker.place)], check=True)


fresh()
if mount(8):
    subprocess.run(["umount", str(maker.place)], check=True)
    for name in COMMANDS:
        enough = sizes[name] // 1024
        for kb in sorted({8, enough, *range(16, enough, max(
                8, enough // (40 if world.soak() else 4)))}):
            group.case(f"{name}, {kb} KB", on_disk_of(kb, name))
    group.end()
else:
    group.skip("no leave to mount")

world.done(maker.work)
