"""The readable records of an export, and the servers that it may meet later."""

import collections
import json
import re
import shutil

import damages
import world


TEMPORARY = re.compile(r"(^|/)\.hlexport-(?!removed-)[^/]*$")


class World:
    """A server, and a complete export of it."""

    def __init__(self, work, name, options, export):
        self.name = name
        self.has_data = "trace" not in options
        self.fixture = world.Fixture(*options)
        out = work / name
        result = self.fixture.run("-q", "-o", str(out), *export)
        assert result.returncode == 0, result.stderr
        self.path = world.the_export(out)
        self.tree = world.tree(self.path)
        self.records = records_of(self.tree)


def records_of(tree):
    """The records that a person could read, with their counts."""
    found = collections.Counter()
    for path, data in tree.items():
        # Temporary files don't count.
        if path in damages.TOP or TEMPORARY.search(path):
            continue
        if path.endswith(".jsonl"):
            pieces = data.split(b"\n")
        elif path.endswith(".json"):
            pieces = [data]
        else:
            continue
        for piece in pieces:
            try:
                record = json.loads(piece.decode("utf-8-sig"))
            except ValueError:
                continue
            found[json.dumps(record, sort_keys=True)] += 1
    return found


def is_less(counts, before, after):
    """The records of BEFORE that are gone, of the kinds in COUNTS."""
    return [r for r, n in before.items() if after[r] < min(n, counts[r])]


def gone(counts, before, after):
    """As is_less(), for two trees; skips unchanged files."""
    changed = world.differences(before, after)
    one, other = (records_of({path: tree[path] for path in changed
                              if path in tree}) for tree in (before, after))
    return is_less(counts, records_of(before), records_of(after)) \
        if is_less(counts, one, other) else []


# ------------------------------------------------------- other servers

def change(dice, tree, mode):
    """Ways in which a server may change."""
    lines = {p: d.splitlines(keepends=True) for p, d in tree.items()
             if p.endswith(".jsonl") and "/" in p}
    for path in dice.sample(sorted(lines), min(len(lines), 3)):
        have = lines[path]
        for at in sorted({dice.randrange(len(have)) for _ in range(30)},
                         reverse=True):
            if mode == "shorter":
                del have[at]
            else:
                have[at] = have[at].replace(b'"output', b'"changed', 1)
        tree[path] = b"".join(have)
    return tree


def other_server(dice, whole, work, mode):
    folder = work / "served"
    shutil.rmtree(folder, ignore_errors=True)
    for path, data in change(dice, dict(whole.tree), mode).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return world.Fixture("--data", str(folder))
