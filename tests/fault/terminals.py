#!/usr/bin/env python3
"""Output to a terminal never contains control sequences from outside.

A server, an export, a definition, an archive and file names are full of text
that moves cursors, sets titles, changes the text direction or is malformed.
Each command runs with a terminal for its output and errors, in each format, and
every byte that it writes is checked.  A pipe gets the bytes unchanged.
"""

import http.server
import json
import os
import pathlib
import pty
import random
import re
import select
import shutil
import subprocess
import tarfile
import threading
import time
import unicodedata

import world

EVIL = ["\x1b]0;evil\x07", "\x1b[2J", "\x9b31mevil", "\u202eevil",
        "\u2066evil\u2069", "\x07", "\x08\x08", "evil\rgood", "\x7f",
        "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "\u061cevil",
        "\x90evil\x9c", "\u2028evil", "\x1bPevil\x1b\\", "\x0b\x0c",
        "\x1b[31;1mevil", "\ufff9evil", "\u200eevil", "\x00evil", "\x1b"]
NAMES = [text.replace("\x00", "") for text in EVIL]
OWN = re.compile(r"\x1b\[(\d+A|J|\?7[lh]|[\d;]*m)")
ROUNDS = 20 if world.soak() else 1

work = pathlib.Path(world.work_dir())
TOP = pathlib.Path(os.environ.get("TOP", ".")).resolve()
BAD = "".join(NAMES)


class Hostile(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if "/fails" in self.path:
            body = json.dumps({"error": BAD, "detail": {"msg": BAD}},
                              ensure_ascii=False).encode()
            self.send_response(400, "Bad")
            self.send_header("X-Request-Id", "evil")
        else:
            body = json.dumps({"metrics": [
                {"id": f"{i}{text}", "timestamp": "2025-03-01T00:00:00Z",
                 "type": "tool_use", "session_id": text, "user_id": text,
                 "data": {"tool_name": text, "agent_id": text,
                          "error_type": text, "project_path": text}}
                for i, text in enumerate(EVIL)]},
                ensure_ascii=False).encode()
            self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}"
has_tables = "no DuckDB" not in subprocess.run(
    [world.HLEXPORT, "--version"], capture_output=True, text=True).stdout


def environment(**more):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("HUMANLOOP", "HLEXPORT_"))}
    env.update(LC_ALL="C.UTF-8", HLEXPORT_SKIP_WAITS="1", TMPDIR=str(work),
               SOURCE_DATE_EPOCH="1764000000", **more)
    return env


def on_terminal(words, term="dumb"):
    """All bytes that the command writes to its terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen([world.HLEXPORT, *words], cwd=work,
                               stdin=subprocess.DEVNULL, stdout=slave,
                               stderr=slave, env=environment(TERM=term))
    os.close(slave)
    said, end = b"", time.monotonic() + world.WATCHDOG
    while time.monotonic() < end:
        if select.select([master], [], [], 1)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            said += piece
    os.close(master)
    if process.poll() is None and time.monotonic() >= end:
        process.kill()
        return None
    process.wait()
    return said


def trouble_of(said, term):
    if said is None:
        return "it hangs"
    if said == b"":
        return "it says nothing"
    try:
        text = said.decode()
    except UnicodeDecodeError as wrong:
        return f"no UTF-8: {wrong}"
    if term != "dumb":
        # The progress display may begin with a carriage return.
        text = OWN.sub("", text).replace("\r", "")
    # CSV lines end in CR LF, and the terminal adds another CR.
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n")
    for i, char in enumerate(text):
        if char in "\n\t":
            continue
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or \
                char in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e" \
                "\u2066\u2067\u2068\u2069\ufff9\ufffa\ufffb":
            return f"U+{ord(char):04X} in {text[max(0, i - 60):i + 20]!r}"
    return None


def case(what, words, term="dumb"):
    group.case(f"{what}: {words[:3]!r} ({term})",
               trouble_of(on_terminal(words, term), term))


usage = (TOP / "tests/scenario/usage.yaml").read_text()
(work / "usage.yaml").write_text(usage)
(work / "fails.yaml").write_text(usage.replace(
    "list: /metrics", "list: /fails").replace(
        "resources:\n", "resources:\n  - {name: others, list: /metrics, "
        "paging: none, records: metrics, shards: others}\n"))
shown = subprocess.run([world.HLEXPORT, "--source", "./usage.yaml",
                        "--server", URL, "-q", "-o", "made"], cwd=work,
                       env=environment(), capture_output=True, text=True)
assert shown.returncode == 0, shown.stderr
export = str(world.the_export(work / "made"))
# The same with a gap, and with files and a directory of such names.
subprocess.run([world.HLEXPORT, "--source", "./fails.yaml", "--server", URL,
                "-q", "-o", "holed"], cwd=work, env=environment(),
               capture_output=True, check=False)
holed = str(world.the_export(work / "holed"))
odd = work / "odd\x1b]0;evil\x07\u202e"
odd.mkdir()
shutil.copytree(export, odd / "it")
for name in NAMES:
    (odd / "it" / f"x{name.replace('/', '_')}").write_text(BAD)
with tarfile.open(work / "odd.tar", "w") as tar:
    tar.add(odd / "it", arcname="it")
    for name in NAMES:
        tar.add(work / "usage.yaml", arcname=f"it/y{name}")
lines = [json.loads(line) for line in
         pathlib.Path(export, "manifest.jsonl").read_text().splitlines()]


def manifest_with(number):
    """An export with such texts in all fields of its manifest."""
    dice, root = random.Random(number), work / f"told{number}"
    shutil.copytree(holed if number % 2 else export, root)
    told = [json.loads(line) for line in
            (root / "manifest.jsonl").read_text().splitlines()]

    def change(value, key):
        if isinstance(value, dict):
            return {k: change(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [change(v, key) for v in value]
        if isinstance(value, str) and key not in (
                "sha256", "hlexport", "definition") and dice.random() < 0.2:
            return value + dice.choice(EVIL)
        return value

    world.write_manifest(root, [change(line, "") for line in told],
                         "sha256" in told[-1])
    return str(root)


group = world.Group("commands on a terminal")
for term in ("dumb", "xterm"):
    case("a failing server", ["--source", "./fails.yaml", "--server", URL,
                              "-o", f"o{term}"], term)
    case("a server's records", ["--source", "./usage.yaml", "--server", URL,
                                "-o", f"p{term}"], term)
    case("a folder", ["--source", "./usage.yaml", "--server", URL, "-o",
                      f"{odd}/new{term}"], term)
case("records as lines", ["--source", "./usage.yaml", "--server", URL,
                          "--stdout"])
for where in (export, holed, str(odd / "it"), str(odd), str(work / "odd.tar"),
              *(str(odd / name.replace("/", "_")) for name in NAMES)):
    for words in (["summary", where], ["verify", where],
                  ["verify", "--json", where], ["summary", "--json", where],
                  ["verify", where, "--fast"]):
        if where.startswith(str(odd) + "/x") and words[0] == "verify":
            continue
        case("an export", words, random.Random(where).choice(
            ["dumb", "xterm"]))
for number in range(12 * ROUNDS):
    told = manifest_with(number)
    for words in (["summary", told], ["verify", told], ["--resume", told],
                  ["repair", told], ["adopt", told], ["query", told]):
        case("a manifest", words)
for text in NAMES:
    for words in (["query", export, f"SELECT '{text}'"],
                  ["no" + text], ["--no" + text], ["verify", text],
                  ["--source", f"./{text}.yaml"],
                  ["pack", export, "-o", f"{text}.rar"],
                  ["repair", export, "--env-file", text],
                  ["help", text], ["sources", text]):
        case("a word", words)
(work / "evil.yaml").write_bytes(
    usage.replace("an entry a row", "".join(
        f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}"
        for c in BAD)).replace("about: \\", 'about: "\\', 1).encode())
for words in (["sources", "check", "evil.yaml"],
              ["sources", "check", str(odd / "it" / "manifest.jsonl")],
              ["sources", "check", "--json", "evil.yaml"],
              ["--env-file", str(odd / "it" / "manifest.jsonl")],
              ["help", "export", "--source", "./evil.yaml"]):
    case("a definition", words)
group.end()

if has_tables:
    group = world.Group("SQL and reports on a terminal")
    for form in ("table", "csv", "json", "jsonl", "markdown"):
        for sql in ("FROM metrics", "SELECT raw FROM metrics",
                    "PIVOT metrics ON session_id USING count(*)",
                    "SELECT error(session_id) FROM metrics",
                    "SELECT session_id::INTEGER FROM metrics",
                    "SELECT {'x': session_id}, [session_id], "
                    "MAP {session_id: 1} FROM metrics",
                    "SELECT session_id::BLOB FROM metrics",
                    "SELECT chr(155) || chr(27) AS \"\x1b[1m\u202e\x9b\"",
                    f"SELECT 1 AS \"{BAD}\"", f"SELECT \"{BAD}\"",
                    "SHOW TABLES", "DESCRIBE metrics",
                    "SELECT repeat('é', 70000) || chr(155)"):
            case("SQL", ["query", export, sql, "--format", form])
    for form in ("markdown", "html", "json", "csv", "text"):
        case("a report", ["report", export, "--format", form])
        case("a report", ["report", export, "--format", form, "--by",
                          "daily"])
        case("a report", ["report", export, "--format", form, "--filter",
                          f"kind={BAD}"])
    for form in ("csv", "json", "parquet", "xlsx"):
        case("a conversion", ["convert", export, "--format", form,
                              "--dry-run"])
        case("a conversion", ["convert", str(odd / "it"), "--format", form,
                              "--yes", "-o", f"{odd}/{form}"], "xterm")
        case("a conversion", ["convert", export, "--format", form,
                              "--where", f"id = '{BAD}'", "--dry-run"])
    group.end()

    group = world.Group("bytes to a pipe, as they are")
    for form in ("csv", "jsonl", "markdown"):
        out = subprocess.run(
            [world.HLEXPORT, "query", export, "--format", form,
             "SELECT session_id AS s FROM metrics WHERE session_id NOT LIKE "
             "'%' || chr(10) || '%'"], cwd=work, capture_output=True,
            env=environment(), check=False).stdout
        for text in ("\x9b31mevil", "\u202eevil"):
            group.case(f"{form} {text!r}", None if text.encode() in out or
                       json.dumps(text)[1:-1].encode() in out else
                       f"not in {out[:300]}")
    group.end()
server.shutdown()
world.done(work)
