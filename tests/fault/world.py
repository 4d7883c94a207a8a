"""Shared by the fault tests: the fixture, runs with a watchdog, trees."""

import hashlib
import json
import multiprocessing
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))
import logged  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
HLEXPORT = os.environ.get("HLEXPORT", str(BUILD / "hlexport"))
STEPS = str(BUILD / "hlexport-steps")
WATCHDOG = 120  # seconds; a run that takes longer hangs


LOCAL = ("adopt", "convert", "pack", "query", "report", "sources", "summary",
         "--version")


class Fixture:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [str(BUILD / "hlexport-fixture"), *options], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.url, self.key, self.elsewhere = \
            self.process.stdout.readline().split()
        self.base = "/".join(self.url.split("/")[:3])

    def ask(self, what):
        with urllib.request.urlopen(f"{self.base}/_{what}") as reply:
            return reply.read().decode()

    def fault(self, spec):
        self.ask("fault?spec=" + urllib.parse.quote(spec))

    def calm(self):
        self.ask("heal")
        self.ask("clear")

    def asked(self):
        return json.loads(self.ask("asked"))

    def truth(self, kind):
        return self.ask(f"truth/{kind}")

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items()
               if not k.lower().endswith("_proxy") and
               not k.startswith(("HUMANLOOP", "HLEXPORT_"))}
        env.update(HUMANLOOP_API_URL=self.url, HUMANLOOP_API_KEY=self.key,
                   HLEXPORT_SKIP_WAITS="1", SOURCE_DATE_EPOCH="1764000000",
                   LC_ALL="C.UTF-8", MONKAI_TRACE_BASE_URL=self.url,
                   MONKAI_TRACER_TOKEN=self.key,
                   MONKAI_TRACE_NAMESPACE="customer-support")
        env.update(more)
        return env

    def run(self, *arguments, program=HLEXPORT, under=(), cwd=None, **more):
        # Commands without a server don't have the option.
        local = arguments and arguments[0] in LOCAL
        return subprocess.run(
            [*under, program, *arguments, *([] if local else ["--env-file",
             "/dev/null"])], text=True,
            capture_output=True, timeout=WATCHDOG, cwd=cwd,
            env=self.environment(**more))

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def tree(path):
    """All files' bytes, except the log."""
    path = pathlib.Path(path)
    return {str(file.relative_to(path)): file.read_bytes()
            for file in sorted(path.rglob("*"))
            if file.is_file() and file.name != "export.log"}


def the_export(parent):
    found = sorted(pathlib.Path(parent).glob("*"))
    return found[0] if found else None


def differences(one, other):
    return [name for name in sorted(set(one) | set(other))
            if one.get(name) != other.get(name)]


def write_manifest(root, lines, sealed):
    """As the program writes it, with correct digests."""
    if sealed:
        lines[-1]["sha256"] = "0" * 64
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n"
                   for line in lines)
    if sealed:
        digest = hashlib.sha256(text.encode()).hexdigest()
        text = text.replace('"sha256":"' + "0" * 64 + '"}\n',
                            f'"sha256":"{digest}"}}\n')
    for name in ("manifest.jsonl", "manifest.copy.jsonl"):
        if name == "manifest.jsonl" or sealed:
            (root / name).write_text(text)
    if sealed:
        logged.seal(root, text.splitlines()[-1])


class Group:
    """Cases of a kind; prints TAP."""

    number = 0

    def __init__(self, name):
        self.name, self.cases, self.failures = name, 0, []

    def case(self, what, problem):
        self.cases += 1
        if problem:
            self.failures.append(f"{what}: {problem}")

    def skip(self, why):
        Group.number += 1
        print(f"ok {Group.number} - {self.name} # SKIP {why}")

    def end(self):
        Group.number += 1
        ok = "ok" if self.cases and not self.failures else "not ok"
        print(f"{ok} {Group.number} - {self.name}: {self.cases} cases")
        for failure in self.failures[:8]:
            print("# " + failure[:600].replace("\n", "\n# "))
        sys.stdout.flush()


def _work(numbers, work, start, case, results):
    here = start(work)
    for number in numbers:
        try:
            results.put(case(number, here))
        except Exception as problem:
            results.put((str(number), repr(problem), None))
    here.stop()
    results.put(None)


def share_out(numbers, work, start, case):
    """What CASE gives for each number, done by two processes.

    Each has a place of its own: START(directory), with a method stop().  A
    result is (what was done, what is wrong or None, the name of its group);
    the group is None where the case itself went wrong.
    """
    results = multiprocessing.Queue()
    n = min(2, len(numbers))
    workers = [multiprocessing.Process(target=_work, args=(
        numbers[i::n], work / str(i), start, case, results))
        for i in range(n)]
    for process in workers:
        process.start()
    left = n
    while left > 0:
        result = results.get()
        if result is None:
            left -= 1
        else:
            yield result
    for process in workers:
        process.join()


def work_dir():
    # In memory if possible: these tests create many files.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.mkdtemp(prefix="hlexport-fault-", dir=memory)


def done(work, *fixtures):
    shutil.rmtree(work, ignore_errors=True)
    for fixture in fixtures:
        fixture.stop()
    print(f"1..{Group.number}")


def skip(work, why):
    shutil.rmtree(work, ignore_errors=True)
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


# However the tests were started: what they start does not ignore signals.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

SIZE = os.environ.get("CHECK_SIZE", "ci")
assert SIZE in ("small", "ci", "soak"), "CHECK_SIZE is small, ci or soak"


def soak():
    """Run for hours, with more of everything."""
    return SIZE == "soak"


def count(ci, soaking):
    """The number of cases; CASES overrides it."""
    return int(os.environ.get("CASES", {
        "small": max(1, ci // 5), "ci": ci, "soak": soaking}[SIZE]))


def every(ci):
    """Try one step in this many."""
    return {"small": 5 * ci, "ci": ci, "soak": 1}[SIZE]
