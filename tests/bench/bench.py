#!/usr/bin/env python3
"""Speed and memory of hlexport beside a bare program, in one run.

    bench.py BUILD-DIRECTORY [--quick] [--keep FILE]

Everything is a ratio between things measured in the same run, since the
machine may be shared; the absolute figures are told too.  With --keep, the
table is written to FILE together with the date and the machine.
"""

import argparse
import collections
import datetime
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

JOBS = 16
rows = []


class Used(collections.namedtuple("Used", "wall cpu peak status")):
    """Seconds, seconds, KiB, exit status."""


def measure(command, env=None):
    began = time.monotonic()
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Used(time.monotonic() - began, usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss, child.returncode)


def good(used):
    if used.status != 0:
        sys.exit(f"bench: a run ended with status {used.status}")
    return used


def row(what, bound, ok, figure, detail):
    verdict = "yes" if ok else "no"
    rows.append((what, bound, figure, verdict, detail))
    print(f"{what:34} {bound:20} {figure:12} {verdict:4} {detail}", flush=True)


class Fixture:
    """The fixture API, for as long as the with-block lasts."""

    def __init__(self, bench, *options):
        self.command = [bench.program("hlexport-fixture"), *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, text=True,
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.url, self.key, _ = self.process.stdout.readline().split()
        self.base = self.url.rsplit("/", 1)[0]
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, what):
        with urllib.request.urlopen(f"{self.base}/_{what}") as reply:
            return reply.read()

    def order(self):
        return json.loads(self.ask("asked"))["order"]


class Bench:
    def __init__(self, build, quick):
        self.build = build
        self.quick = quick
        self.work = tempfile.mkdtemp(prefix="hlexport-bench-")
        self.n = 0

    def program(self, name):
        return os.path.join(self.build, name)

    def fresh(self, parent=None):
        self.n += 1
        path = os.path.join(parent or self.work, f"run-{self.n}")
        os.makedirs(path)
        return path

    def bulk(self, *options, files=40, logs=5000):
        if self.quick:
            files, logs = 8, 1000
        return Fixture(self, "--workspace", "bulk", "--files", str(files),
                       "--logs", str(logs), *options)

    def environment(self, fixture):
        env = {k: v for k, v in os.environ.items()
               if not k.lower().endswith("_proxy")}
        env.update(HUMANLOOP_API_URL=fixture.url, HUMANLOOP_API_KEY=fixture.key)
        return env

    def export(self, fixture, where, *options):
        return measure([self.program("hlexport"), "--logs", "-q", "--env-file",
                        "/dev/null", "-j", str(JOBS), "-o", where, *options],
                       self.environment(fixture))

    def bare(self, fixture, where, pages):
        return measure([self.program("bench-bare"), pages, fixture.key,
                        os.path.join(where, "x"), str(JOBS)],
                       self.environment(fixture))

    def list_pages(self, fixture, where):
        """What an export asks for, as the bare program is handed it."""
        fixture.ask("clear")
        good(self.export(fixture, where))
        export = os.path.join(where, os.listdir(where)[0])
        types = {"pr": "prompts", "tl": "tools", "fl": "flows",
                 "ev": "evaluators", "ds": "datasets", "ag": "agents"}
        above = {}  # the file that a version is of
        for file in os.listdir(os.path.join(export, "files")):
            for name in self.versions(os.path.join(export, "files", file)):
                above[name] = file
        path = os.path.join(self.work, f"pages-{self.n}")
        with open(path, "w") as out:
            # The first one proves the key.
            for page in fixture.order():
                kind, key, *at = page.split()
                out.write("\t".join(self.line_of(
                    fixture.url, kind, key, at, above, types)) + "\n")
        for part in os.listdir(where):
            shutil.rmtree(os.path.join(where, part))
        return path

    @staticmethod
    def versions(file):
        folder = os.path.join(file, "versions")
        return [name.split(".")[0] for name in os.listdir(folder)] \
            if os.path.isdir(folder) else []

    @staticmethod
    def line_of(url, kind, key, at, above, types):
        folder = types.get(key.split("_")[0], "files")
        page = f"page={at[0]}&size={at[1]}" if at else ""
        shard = (int(at[0]) - 1) * int(at[1]) // 1000 + 1 if at else 0
        return {
            "directories": ("w", "directories.json", f"{url}/directories"),
            "files": ("o", f"files-{shard}/", f"{url}/files?{page}"),
            "versions": ("o", f"files/{key}/versions/",
                         f"{url}/{folder}/{key}/versions"),
            "environments": ("w", f"files/{key}/environments.json",
                             f"{url}/{folder}/{key}/environments"),
            "evaluations": ("o", f"files/{key}/evaluations/",
                            f"{url}/evaluations?file_id={key}&{page}"),
            "stats": ("w", f"evaluations/{key}/stats.json",
                      f"{url}/evaluations/{key}/stats"),
            "runs": ("o", f"evaluations/{key}/runs/",
                     f"{url}/evaluations/{key}/runs"),
            "datapoints": ("a", f"datapoints/{key}/{shard}.jsonl",
                           f"{url}/datasets/{above.get(key)}/datapoints"
                           f"?version_id={key}&{page}"),
            "evaluation_logs": ("a", f"evaluations/{key}/logs/{shard}.jsonl",
                                f"{url}/evaluations/{key}/logs?{page}"),
            "logs": ("a", f"files/{key}/logs/{shard}.jsonl",
                     f"{url}/logs?file_id={key}&include_trace_children=true"
                     f"&{page}"),
        }[kind]

    # ------------------------------------------------------ the measurements

    def start(self):
        times = [good(measure([self.program("hlexport"), "--version"])).wall
                 for _ in range(21)]
        ms = statistics.median(times) * 1000
        row("hlexport --version", "< 10 ms", ms < 10, f"{ms:.1f} ms",
            "median of 21, with starting the process")

    def scanner(self):
        with self.bulk() as fixture:
            request = urllib.request.Request(
                f"{fixture.url}/files?type=prompt", headers={"X-API-KEY": fixture.key})
            with urllib.request.urlopen(request) as reply:
                file = json.load(reply)["records"][0]["id"]
            request = urllib.request.Request(
                f"{fixture.url}/logs?file_id={file}&page=1&size=100",
                headers={"X-API-KEY": fixture.key})
            path = os.path.join(self.fresh(), "page")
            with urllib.request.urlopen(request) as reply, \
                    open(path, "wb") as page:
                page.write(reply.read())
        rates = [int(subprocess.check_output(
            [self.program("bench-rooms"), "scan", path])) for _ in range(3)]
        rate = statistics.median(rates)
        row("scanner alone", ">= 3 GB/s", rate >= 3000,
            f"{rate / 1000:.2f} GB/s", "a page of 100 logs, checked whole")

    def replay(self):
        ms = statistics.median(
            int(subprocess.check_output([self.program("bench-rooms"), "replay",
                                         self.fresh(), "10000"]))
            for _ in range(5))
        row("replay of 10,000 pages", "well under 1 s", ms < 500,
            f"{ms} ms", "1,000,000 records' worth, unfinished")

    def beside_bare(self):
        """On a disk and in memory, and the bare program, in turns."""
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else self.work
        memory = tempfile.mkdtemp(dir=memory, prefix="hlexport-")
        turns = []
        with self.bulk() as fixture:
            pages = self.list_pages(fixture, self.fresh(memory))
            # The first turn warms the machine and is not counted.
            for i in range(2 if self.quick else 6):
                turn = (good(self.bare(fixture, self.fresh(memory), pages)),
                        good(self.export(fixture, self.fresh(memory))),
                        good(self.export(fixture, self.fresh())))
                if i > 0:
                    turns.append(turn)
                shutil.rmtree(memory)
                os.mkdir(memory)
        shutil.rmtree(memory)
        self.ratio("processor time in memory", 2, "bare",
                   [(ours.cpu, bare.cpu) for bare, ours, _ in turns])
        self.ratio("wall in memory", 2, "bare",
                   [(ours.wall, bare.wall) for bare, ours, _ in turns])
        self.ratio("wall to the disk", 1.25, "in memory",
                   [(disk.wall, ours.wall) for _, ours, disk in turns])

    @staticmethod
    def ratio(what, most, beside, pairs):
        ratio = statistics.median(a / b for a, b in pairs)
        row(what, f"<= {most} x {beside}", ratio <= most, f"{ratio:.2f} x",
            f"{statistics.median(a for a, _ in pairs):.2f} s, {beside} "
            f"{statistics.median(b for _, b in pairs):.2f} s")

    def small(self):
        """Many small objects."""
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else self.work
        memory = tempfile.mkdtemp(dir=memory, prefix="hlexport-")
        pairs = []
        with self.bulk("--versions", "250", logs=0) as fixture:
            for i in range(2 if self.quick else 4):
                pair = [good(self.export(fixture, self.fresh(where))).wall
                        for where in (None, memory)]
                if i > 0:
                    pairs.append(pair)
            where = self.fresh()
            counts = self.count_calls(fixture, where)
        files = sum(len(names) for _, _, names in os.walk(where))
        shutil.rmtree(memory)
        self.ratio(f"{files:,} files to the disk", 2, "in memory", pairs)
        if counts is None:
            return
        opens = counts.get("openat", 0) / files
        row("opens of a file", "<= 2", opens <= 2, f"{opens:.2f}",
            "by strace, all of the program's")
        syncs = {name: counts.get(name, 0) for name in (
            "fsync", "fdatasync", "syncfs")}
        row("syncs for them", "< 1 in 50 files", sum(syncs.values()) <
            files / 50, f"{sum(syncs.values())}",
            ", ".join(f"{n} {name}" for name, n in syncs.items() if n))

    def count_calls(self, fixture, where):
        """System calls of an export, by name; None without strace."""
        if shutil.which("strace") is None:
            return None
        out = os.path.join(self.work, "strace")
        good(measure(["strace", "-f", "-qq", "-c", "-o", out, "-e",
                      "trace=openat,fsync,fdatasync,syncfs",
                      self.program("hlexport"), "--logs", "-q", "--env-file",
                      "/dev/null", "-j", str(JOBS), "-o", where],
                     self.environment(fixture)))
        with open(out) as file:
            words = [line.split() for line in file]
        return {line[-1]: int(line[3]) for line in words
                if len(line) > 4 and line[3].isdigit()}

    def latency(self, ms):
        with self.bulk("--latency", str(ms)) as fixture:
            used = good(self.export(fixture, self.fresh()))
            order = fixture.order()
        least = len(order) * ms / 1000 / JOBS
        ratio = used.wall / least
        row(f"latency {ms} ms", "<= 1.15 x ideal", ratio <= 1.15,
            f"{ratio:.2f} x", f"{used.wall:.2f} s, requests x latency / jobs "
            f"{least:.2f} s")
        twice = len(order) - len(set(order))
        row(f"requests, latency {ms} ms", "one a page", twice == 0,
            f"{len(order):,}", f"{twice} asked for twice")

    def limits(self):
        """The pace on a simulated clock, as tests/unit/test_limits says."""
        said = subprocess.run([self.program("tests/unit/test_limits")],
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True).stdout
        for what, x in re.findall(r"# +(\d+ % refused, .*): ([\d.]+) x", said):
            row(what, "<= 1.5 x", float(x) <= 1.5, f"{x} x",
                "5,000 URLs, simulated")
        for what, taken, refused in re.findall(
                r"# (limit .*): ([\d.]+) % of it, ([\d.]+) %", said):
            row(what, ">= 95 %, <= 1 %",
                float(taken) >= 95 and float(refused) <= 1,
                f"{taken} %", f"{refused} % refused, simulated")
        for what, taken, refused in re.findall(
                r"# (\d+ at a time, .*): ([\d.]+) % of it, ([\d.]+) %",
                said):
            row(what, ">= 95 %, <= 1 %",
                float(taken) >= 95 and float(refused) <= 1,
                f"{taken} %", f"{refused} % refused, simulated")
        for what, s in re.findall(r"# (from .*): 90 % after (\d+) s", said):
            row(what, "<= 60 s", int(s) <= 60, f"{s} s", "simulated")

    def refusals(self):
        """A fraction of all URLs is refused twice, whatever the pace."""
        with self.bulk("--latency", "20") as calm:
            for percent in (1, 5, 10, 20):
                for status in (429, 503):
                    with self.bulk("--latency", "20", "--refuse",
                                   str(percent), "--refuse-with",
                                   str(status)) as refusing:
                        self.refused(calm, refusing, percent, status)

    def refused(self, calm, refusing, percent, status):
        """In turns with an undisturbed server: the machine is shared."""
        pairs = []
        for _ in range(1 if self.quick else 3):
            refusing.ask("clear")
            pair = []
            for fixture in (refusing, calm):
                where = self.fresh()
                pair.append(good(self.export(fixture, where)).wall)
                shutil.rmtree(where)
            pairs.append(pair)
        self.ratio(f"{percent} % of URLs refused twice, {status}", 1.5,
                   "calm", pairs)

    def memory(self):
        peaks = []
        for files, logs in ((8, 5000), (80, 5000), (8, 50000)):
            with self.bulk(files=files, logs=logs) as fixture:
                peaks.append(good(self.export(fixture, self.fresh())).peak)
        mib = [f"{peak / 1024:.1f} MiB" for peak in peaks]
        row("peak memory, 400,000 logs", "<= 48 MiB",
            max(peaks) <= 48 * 1024, f"{max(peaks) / 1024:.1f} MiB",
            f"{JOBS} in flight")
        for what, i in (("files", 1), ("logs a file", 2)):
            ratio = peaks[i] / peaks[0]
            row(f"memory for 10 x the {what}", "<= 1.1 x", ratio <= 1.1,
                f"{ratio:.2f} x", f"{mib[i]}; 8 files x 5,000 logs: {mib[0]}")

    def verify(self):
        where = self.fresh()
        with self.bulk() as fixture:
            good(self.export(fixture, where))
        export = os.path.join(where, os.listdir(where)[0])
        size = sum(os.path.getsize(os.path.join(path, name))
                   for path, _, names in os.walk(export) for name in names)
        command = [self.program("hlexport"), "verify", "-q", export]
        one, two = [], []
        for _ in range(5):
            one.append(good(measure([*command, "--threads", "1"])))
            two.append(good(measure([*command, "--threads", "2"])))
        rate = size / statistics.median(u.cpu for u in one) / 1e9
        row("verify, of processor time", ">= 1.2 GB/s", rate >= 1.2,
            f"{rate:.2f} GB/s", f"{size / 1e6:.0f} MB, "
            f"{max(u.peak for u in two) / 1024:.1f} MiB of memory")
        if os.cpu_count() > 1:
            gain = statistics.median(a.wall / b.wall
                                     for a, b in zip(one, two))
            more = statistics.median(b.cpu / a.cpu
                                     for a, b in zip(one, two))
            wall = statistics.median(u.wall for u in two)
            row("verify, on two cores", ">= 1.7 x one", gain >= 1.7,
                f"{gain:.2f} x", f"{size / wall / 1e9:.2f} GB/s, for "
                f"{more:.2f} x the processor time")

    # ----------------------------------------------------- what is made of it

    def tables(self):
        """Conversions, beside the same SQL over DuckDB's own reader."""
        version = subprocess.run([self.program("hlexport"), "--version"],
                                 stdout=subprocess.PIPE).stdout
        if b"no DuckDB" in version:
            return
        where = self.fresh()
        with self.bulk("--log-bytes", "2048", logs=25000) as fixture:
            good(self.export(fixture, where))
        export = os.path.join(where, os.listdir(where)[0])
        size = sum(os.path.getsize(os.path.join(path, name))
                   for path, _, names in os.walk(export) for name in names
                   if os.path.basename(path) == "logs")
        ours, theirs = [], []
        for _ in range(3):
            theirs.append(self.by_hand(export))
            ours.append(self.convert(export, "parquet"))
        ratio = min(u.wall for u in ours) / min(u.wall for u in theirs)
        row("logs to Parquet", "<= 1.2 x by hand", ratio <= 1.2,
            f"{ratio:.2f} x", f"{size / 1e9:.2f} GB in "
            f"{min(u.wall for u in ours):.1f} s; by hand "
            f"{min(u.wall for u in theirs):.1f} s, "
            f"{min(u.peak for u in theirs) / 1024:.0f} MiB")
        peak = max(u.peak for u in ours) / 1024
        row("memory for that", "<= 512 + 64 MiB", peak <= 576,
            f"{peak:.0f} MiB", "--memory-limit 512MiB")
        for form in ("csv", "jsonl"):
            used = self.convert(export, form)
            rate = size / used.wall / 1e6
            row(f"logs to {form}", ">= 100 MB/s", rate >= 100,
                f"{rate:.0f} MB/s", f"{used.wall:.1f} s, "
                f"{used.peak / 1024:.0f} MiB")
        used = self.convert(export, "xlsx")
        row("logs to Excel", "constant memory", used.peak <= 576 * 1024,
            f"{used.peak / 1024:.0f} MiB", f"{used.wall:.0f} s")
        shutil.rmtree(where)

    def convert(self, export, form):
        out = self.fresh() + "/made"
        used = good(measure([self.program("hlexport"), "convert", export,
                             "--format", form, "--tables", "logs", "-q",
                             "--yes", "-o", out]))
        shutil.rmtree(out)
        return used

    def by_hand(self, export):
        """The view's SQL, reading with read_ndjson_objects()."""
        query = [self.program("hlexport"), "query", export, "-q",
                 "--allow-external"]
        sql = subprocess.run(
            [*query, "--format", "json", "SELECT sql FROM duckdb_views() "
             "WHERE view_name = 'logs'"], check=True,
            stdout=subprocess.PIPE).stdout
        sql = json.loads(sql)[0]["sql"].strip().rstrip(";")
        sql = sql[sql.index(" AS SELECT") + 4:]
        files = os.path.join(export, "files/*/logs/*.jsonl")
        sql = sql.replace("records('logs')", "(SELECT json AS record, "
                          "json AS raw, string_split(filename, '/') AS keys "
                          f"FROM read_ndjson_objects('{files}', "
                          "filename = true))")
        out = self.fresh() + "/logs.parquet"
        used = good(measure([*query, f"COPY ({sql}) TO '{out}' (FORMAT "
                             "parquet, COMPRESSION zstd, ROW_GROUP_SIZE "
                             "16384)"]))
        os.remove(out)
        return used

    def resume(self):
        where = self.fresh()
        with self.bulk() as fixture:
            command = [self.program("hlexport"), "--logs", "-q", "--env-file",
                       "/dev/null", "-j", str(JOBS), "-o", where]
            env = self.environment(fixture)
            pages = len(self.all_pages(fixture))
            child = subprocess.Popen(command, env=env)
            while child.poll() is None and \
                    len(fixture.order()) < pages * 0.9:
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
            child.wait()
            before = fixture.order()
            fixture.ask("clear")
            began = time.monotonic()
            child = subprocess.Popen([*command[:1], *command[2:], "--resume"],
                                     env=env)
            while not fixture.order():
                time.sleep(0.002)
            first = time.monotonic() - began
            if child.wait() != 0:
                sys.exit("bench: the resumed run failed")
            # The first request proves the key; it is no page of the export.
            again = [page for page in fixture.order()[1:] if page in
                     set(before)]
        row("resume: first new request", "<= 0.3 s", first <= 0.3,
            f"{first:.2f} s", f"killed after {len(before):,} of {pages:,} "
            "requests")
        row("resume: pages asked again", "in flight, unsynced",
            len(again) <= JOBS + 1000, f"{len(again)}",
            "of what was asked before the kill")

    def all_pages(self, fixture):
        good(self.export(fixture, self.fresh()))
        pages = fixture.order()
        fixture.ask("clear")
        return pages


def machine():
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("model name"):
                    model = line.split(":")[1].strip()
                    break
    except OSError:
        pass
    return (f"{os.cpu_count()} x {model}, {platform.system()} "
            f"{platform.release()}, Python {platform.python_version()}")


def keep(path):
    """Replace what stands in FILE between the two marks by the table."""
    lines = [f"Measured on {datetime.date.today()} on {machine()}.", "",
             "| what | bound | measured | kept | |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows]
    with open(path) as file:
        text = file.read()
    begin, end = "<!-- table -->\n", "<!-- end -->"
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    with open(path, "w") as file:
        file.write(head + begin + "\n".join(lines) + "\n" + end + tail)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--quick", action="store_true",
                        help="a small workspace: does the bench work?")
    parser.add_argument("--keep", metavar="FILE")
    parser.add_argument("--only", metavar="NAME",
                        help="one measurement: tables, memory ...")
    args = parser.parse_args()
    bench = Bench(os.path.abspath(args.build), args.quick)
    try:
        if args.only:
            getattr(bench, args.only)()
            return
        bench.start()
        bench.scanner()
        bench.replay()
        bench.beside_bare()
        bench.small()
        bench.latency(50)
        bench.latency(200)
        bench.limits()
        bench.refusals()
        bench.memory()
        bench.verify()
        bench.tables()
        bench.resume()
    finally:
        shutil.rmtree(bench.work)
    if args.keep:
        keep(args.keep)


main()
