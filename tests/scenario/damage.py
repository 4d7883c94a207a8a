"""Damages to a complete export that its manifest agrees with: the receipts,
the seal, the copy, SHA256SUMS and the log are made anew, so that only a look
into the records can find them.

damage.py list
damage.py NAME EXPORT
"""

import hashlib
import json
import os
import sys

import logged


class Export:
    def __init__(self, path):
        self.path = path
        with open(path + "/manifest.jsonl") as file:
            self.lines = [json.loads(line) for line in file]

    def listing(self, resource, files=1):
        """The first one of the resource that has files."""
        return next(line for line in self.lines
                    if line.get("listing", "").split("/")[0] == resource and
                    len(line["files"]) >= files)

    def read(self, receipt):
        with open(f"{self.path}/{receipt['path']}", "rb") as file:
            return file.read()

    def write(self, receipt, data):
        path = f"{self.path}/{receipt['path']}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        receipt.update(bytes=len(data),
                       sha256=hashlib.sha256(data).hexdigest())
        if "lines" in receipt:
            receipt["lines"] = data.count(b"\n")

    def save(self, seal=True):
        """Write the manifest, sealed as the program does it."""
        lines = self.lines if seal else self.lines[:-1]
        if seal:
            lines[-1]["sha256"] = "0" * 64
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n"
                       for line in lines)
        if seal:
            text = text.replace('"sha256":"' + "0" * 64, '"sha256":"' +
                                hashlib.sha256(text.encode()).hexdigest())
        for name in ("manifest.jsonl", "manifest.copy.jsonl"):
            with open(f"{self.path}/{name}", "w") as file:
                file.write(text)
        if seal:
            logged.seal(self.path, text.splitlines()[-1])
        receipts = {receipt["path"]: receipt["sha256"] for line in lines
                    for receipt in line.get("files", [])}
        with open(self.path + "/SHA256SUMS", "w") as file:
            for path, digest in sorted(receipts.items()):
                file.write(f"{digest}  {path}\n")


def nothing(export):
    pass


def a_record_twice(export):
    logs = export.listing("logs")
    lines = export.read(logs["files"][0]).splitlines(keepends=True)
    export.write(logs["files"][0], b"".join(lines + lines[:1]))
    logs["records"] += 1
    logs["total"] += 1


def many_records_twice(export):
    logs = export.listing("logs")
    lines = export.read(logs["files"][0]).splitlines(keepends=True)
    export.write(logs["files"][0], b"".join(lines + lines))
    logs["records"] = logs["total"] = 2 * len(lines)


def equal_records_without_a_key(export):
    logs = export.listing("logs")
    lines = export.read(logs["files"][0]).splitlines(keepends=True)
    export.write(logs["files"][0], b"".join(lines) + b'{"x":1}\n{"x":1}\n')
    logs["records"] = logs["total"] = len(lines) + 2


def an_object_twice(export):
    versions = export.listing("versions", 2)
    export.write(versions["files"][1], export.read(versions["files"][0]))


def a_shard_that_is_short(export):
    logs = export.listing("logs")
    first = logs["files"][0]
    lines = export.read(first).splitlines(keepends=True)
    second = dict(first, path=first["path"].replace("1.jsonl", "2.jsonl"))
    export.write(first, b"".join(lines[:1]))
    export.write(second, b"".join(lines[1:]))
    logs["files"] = [first, second]


def a_shard_with_another_number(export):
    logs = export.listing("logs")
    first = logs["files"][0]
    old = f"{export.path}/{first['path']}"
    first["path"] = first["path"].replace("1.jsonl", "3.jsonl")
    os.rename(old, f"{export.path}/{first['path']}")


def a_line_that_is_no_json(export):
    logs = export.listing("logs")
    lines = export.read(logs["files"][0]).splitlines(keepends=True)
    export.write(logs["files"][0], b"".join([b'{"id":1,}\n'] + lines[1:]))


def a_line_that_is_no_utf8(export):
    logs = export.listing("logs")
    lines = export.read(logs["files"][0]).splitlines(keepends=True)
    export.write(logs["files"][0], b"".join([b'{"id":"\xff"}\n'] + lines[1:]))


def a_line_without_an_end(export):
    logs = export.listing("logs")
    export.write(logs["files"][0], export.read(logs["files"][0])[:-1])


def an_object_that_is_no_json(export):
    for resource in ("files", "stats", "traces"):
        export.write(export.listing(resource)["files"][0], b"{")


def an_object_that_is_empty(export):
    export.write(export.listing("runs")["files"][0], b"")


def a_line_less(export):
    logs = export.listing("logs")
    lines = export.read(logs["files"][0]).splitlines(keepends=True)
    export.write(logs["files"][0], b"".join(lines[1:]))


def records_that_the_server_has_more_of(export):
    export.listing("logs")["total"] += 3


def a_count_that_another_record_denies(export):
    datapoints = export.listing("datapoints")
    lines = export.read(datapoints["files"][0]).splitlines(keepends=True)
    export.write(datapoints["files"][0], b"".join(lines[1:]))
    datapoints["records"] -= 1
    datapoints["total"] -= 1


def a_listing_that_is_not_known(export):
    logs = export.listing("logs")
    export.lines.remove(logs)
    os.unlink(f"{export.path}/{logs['files'][0]['path']}")


def a_listing_that_hangs_from_nothing(export):
    other = dict(export.listing("logs"), listing="logs/pr_none", records=0,
                 total=0, files=[])
    export.lines.insert(2, other)


def a_record_above_that_is_gone(export):
    files = export.listing("files")
    gone = files["files"].pop()
    os.unlink(f"{export.path}/{gone['path']}")
    files["records"] -= 1
    files["total"] -= 1


def a_mark_that_is_not_known(export):
    done = next(line for line in export.lines if "done" in line)
    export.lines.remove(done)
    os.unlink(f"{export.path}/{done['files'][0]['path']}")


def a_gap(export):
    logs = export.listing("logs")
    export.lines.insert(-1, {"gap": logs["listing"], "first": 0, "count": 1,
                             "status": 500, "why": "the server failed"})


def no_seal(export):
    export.save(seal=False)
    sys.exit(0)


def litter(export):
    for name in (".DS_Store", "files/Thumbs.db", "files/.#x", "notes~"):
        with open(f"{export.path}/{name}", "w") as file:
            file.write("x")


def files_too_many(export):
    for name in ("notes", "files/more", "files/.done", "manifest"):
        with open(f"{export.path}/{name}", "w") as file:
            file.write("x")


DAMAGES = {name: damage for name, damage in list(globals().items())
           if callable(damage) and damage is not Export}

if sys.argv[1] == "list":
    print("\n".join(DAMAGES))
else:
    damaged = Export(sys.argv[2].rstrip("/"))
    DAMAGES[sys.argv[1]](damaged)
    damaged.save()
