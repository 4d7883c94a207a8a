#!/usr/bin/env python3
"""Exports with an untrusted definition, and what it may cause to be sent.

Every combination of a definition's key, server and name, stored in an export
that is resumed, repaired or queried.  Variables and files hold canaries: none
ever reaches a listener, and no request reaches a listener that only the export
names.
"""

import http.server
import itertools
import json
import os
import pathlib
import random
import shutil
import threading

import world

CASES = world.count(200, 200)
CANARY = "canary-81c6e0"
STATUSES = {0, 1, 2, 3, 4, 6}


class Listener:
    """Serves nothing, and keeps everything that it receives."""

    def __init__(self):
        self.heard = heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                heard.append(f"{self.requestline}\n{self.headers}"
                             f"{self.rfile.read(length)}")
                body = b'{"records": [], "total": 0}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_HEAD = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()


work = pathlib.Path(world.work_dir())
fixture = world.Fixture("--workspace", "bulk", "--files", "1", "--versions",
                        "1", "--logs", "30", "--log-bytes", "10",
                        "--datasets", "1", "--datapoints", "3",
                        "--evaluations", "1", "--evaluation-logs", "2")
theirs, ours = Listener(), Listener()
secret = work / "vault-token"
secret.write_text(CANARY + "\n")
OWN = fixture.run("sources", "humanloop").stdout.rstrip() + "\n"
SERVER = OWN[OWN.index("server:"):OWN.index("auth:")]
AUTH = OWN[OWN.index("auth:"):OWN.index("# A path that every")]
(work / "own.yaml").write_text(OWN)
for name, status in (("new", 0), ("holed", 3)):
    if status:
        fixture.fault("stats status=500")
    made = fixture.run("-q", "--logs", "--source", "./own.yaml", "-o", name,
                       cwd=work)
    assert made.returncode == status, made.stderr
fixture.calm()
EXPORTS = [world.the_export(work / "new"), world.the_export(work / "holed")]

AUTHS = {
    "as ours": AUTH,
    "none": "",
    "a variable": "auth: {header: X-Key, env: CANARY_KEY}\n",
    "variables": "auth: {header: X-Key, env: [AWS_SECRET_ACCESS_KEY, "
                 "CANARY_KEY, HUMANLOOP_API_KEY]}\n",
    "a file": f"auth: {{header: X-Key, file: {secret}}}\n",
    "a variable in a header": "auth: {header: X-Key, env: CANARY_KEY}\n"
                              'headers: {X-More: "{option.token}"}\n',
    "bearer": 'auth: {header: Authorization, prefix: "Bearer ", '
              "env: [CANARY_KEY]}\n",
    "another's word": "auth: {header: X-Key, env: MONKAI_TRACER_TOKEN}\n",
}
SERVERS = {
    "as ours": SERVER,
    "theirs": f"server: {{url: \"{theirs.url}/v5\"}}\n",
    "theirs, or a variable": f"server: {{url: \"{theirs.url}/v5\", env: "
                             "CANARY_URL}\n",
    "a variable": "server: {url: \"https://127.0.0.1:9/v5\", env: "
                  "CANARY_URL}\n",
}
NAMES = ["humanloop", "monkai", "mine", "./own.yaml", "../own.yaml",
         "{work}/own.yaml", "/dev/zero", "{theirs}/x.yaml", ""]
TOLD = ["{ours}/v5", "{theirs}/v5", "{theirs}", "https://api.humanloop.com/v5",
        "file:///etc/passwd", ""]
KEEPS = [True, False]        # does the export have the text?
COMMANDS = [["--resume", "it"], ["repair", "it"], ["verify", "--online", "it"],
            ["verify", "it"], ["summary", "it"]]
USERS = [[], ["--source", "./own.yaml"], ["--source", "humanloop"]]
SAYS = [list(AUTHS), list(SERVERS), NAMES, TOLD]
HOW = [KEEPS, range(len(EXPORTS)), range(len(COMMANDS)), range(len(USERS))]
ALL = [*itertools.product(*SAYS, *HOW)] if world.soak() else None


def drawn(number):
    """Some of it equals our definition; then more of it is trusted."""
    if ALL:
        return ALL[number % len(ALL)]
    dice = random.Random(number)
    case = ["as ours", "as ours", "humanloop", "{ours}/v5",
            *map(dice.choice, HOW)]
    for i in dice.sample(range(len(SAYS)), dice.choice([0, 1, 1, 2, 2, 4])):
        case[i] = dice.choice(SAYS[i])
    return tuple(case)


def make(case, place):
    auth, server, name, told, keeps, which, command, user = case
    names = {"work": str(work), "ours": ours.url, "theirs": theirs.url}
    root = place / "it"
    shutil.copytree(EXPORTS[which], root)
    shutil.copy(work / "own.yaml", place)
    lines = [json.loads(line) for line in
             (root / "manifest.jsonl").read_text().splitlines()]
    header = lines[0]
    text = OWN.replace(AUTH, AUTHS[auth]).replace(SERVER, SERVERS[server])
    if "option.token" in text:
        text = text.replace("options:\n", "options:\n  token: {kind: text, "
                            "env: AWS_SECRET_ACCESS_KEY}\n", 1)
    header["source"] = name.format(**names)
    header["server"] = told.format(**names)
    header.pop("definition", None)
    if keeps:
        header["definition"] = text.replace("name: humanloop", "name: "
                                            f"{json.dumps(header['source'])}")
    world.write_manifest(root, lines, which == 0)
    # Something to fetch again.
    damaged = next(root.rglob("file.json"))
    damaged.write_bytes(b"{}")
    return [*COMMANDS[command], *USERS[user]]


def one(number, case):
    place = work / f"case{number}"
    place.mkdir()
    words = make(case, place)
    theirs.heard.clear()
    ours.heard.clear()
    result = fixture.run(
        *words, cwd=place, HUMANLOOP_API_URL=f"{ours.url}/v5",
        HUMANLOOP_API_KEY="hl_of_ours", CANARY_KEY=CANARY,
        AWS_SECRET_ACCESS_KEY=CANARY, CANARY_URL=f"{theirs.url}/v5",
        MONKAI_TRACE_BASE_URL=ours.url, MONKAI_TRACER_TOKEN="tk_of_ours")
    problem = None
    if result.returncode not in STATUSES:
        problem = f"ended with {result.returncode}: {result.stderr[-300:]}"
    elif result.returncode != 0 and not (result.stdout +
                                         result.stderr).strip():
        problem = f"ended with {result.returncode} and no word"
    elif theirs.heard:
        problem = f"asked a server that only the export names: " \
            f"{theirs.heard[0][:200]}"
    elif any(CANARY in heard for heard in ours.heard):
        problem = f"sent what it should not: {ours.heard[0][:300]}"
    elif CANARY in result.stdout + result.stderr:
        problem = "told what it should not"
    shutil.rmtree(place)
    return f"{number}: {words}, key {case[0]}, server {case[1]}, name " \
        f"{case[2]}, manifest's server {case[3]}, stored {case[4]}, " \
        f"export {case[5]}", problem, bool(ours.heard)


group = world.Group("what a definition that came with an export may send")
asked = 0
for number in map(int, os.environ["ONLY"].split()) if "ONLY" in os.environ \
        else range(len(ALL) if ALL else CASES):
    *said, has_asked = one(number, drawn(number))
    group.case(*said)
    asked += has_asked
# Some must succeed, or the test would prove nothing.
group.case("some ask the server that the user named", None if asked or
           "ONLY" in os.environ else "none did")
group.end()
world.done(work, fixture)
