"""Random damage to the files of an export."""

import os
import shutil

MANIFESTS = ("manifest.jsonl", "manifest.copy.jsonl")
TOP = MANIFESTS + ("SHA256SUMS",)


# Each changes some bytes; None: it can't be done to these.

def flip_bit(dice, data):
    at = dice.randrange(len(data)) if data else None
    return data and data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + \
        data[at + 1:]


def change_byte(dice, data):
    at = dice.randrange(len(data)) if data else None
    return data and data[:at] + bytes([(data[at] + dice.randrange(1, 256)) %
                                       256]) + data[at + 1:]


def insert_byte(dice, data):
    at = dice.randrange(len(data) + 1)
    return data[:at] + bytes([dice.randrange(256)]) + data[at:]


def cut_short(dice, data):
    return data and data[:dice.randrange(len(data))]


def blank_out(dice, data):
    """A block of zeros, as after a power loss."""
    at = dice.randrange(len(data)) if data else 0
    return data and data[:at] + bytes(min(512, len(data) - at)) + \
        data[at + 512:]


def empty(_dice, data):
    return b"" if data else None


def append(_dice, data):
    return data + b'{"more": true}\n'


def lines_of(data):
    return data.splitlines(keepends=True)


def remove_line(dice, data):
    lines = lines_of(data)
    return b"".join(lines[:-1] if len(lines) < 2 else
                    lines[:(at := dice.randrange(len(lines)))] +
                    lines[at + 1:]) if lines else None


def remove_lines(dice, data):
    lines = lines_of(data)
    if len(lines) < 3:
        return None
    at = dice.randrange(len(lines) - 1)
    return b"".join(lines[:at] + lines[at + dice.randrange(2, len(lines)):])


def repeat_line(dice, data):
    lines = lines_of(data)
    at = dice.randrange(len(lines)) if lines else 0
    return b"".join(lines[:at + 1] + lines[at:]) if lines else None


def swap_lines(dice, data):
    lines = lines_of(data)
    if len(lines) < 2:
        return None
    a, b = dice.sample(range(len(lines)), 2)
    lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def reverse_lines(_dice, data):
    return b"".join(reversed(lines_of(data)))


def cut_at_line(dice, data):
    lines = lines_of(data)
    return b"".join(lines[:dice.randrange(len(lines))]) if lines else None


def as_an_editor_does(dice, data):
    """A BOM, CR LF, blank lines, no final newline: still data."""
    return dice.choice([
        lambda: b"\xef\xbb\xbf" + data,
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n", b"\n\n", 2),
        lambda: data.rstrip(b"\n"),
        lambda: data.replace(b"\n", b"  \n", 3)])()


BYTES = [flip_bit, flip_bit, change_byte, insert_byte, cut_short, blank_out,
         empty, append, as_an_editor_does]
LINES = [remove_line, remove_lines, repeat_line, swap_lines, reverse_lines,
         cut_at_line]


def change_file(dice, root, path):
    ways = BYTES + (LINES if path.endswith(".jsonl") else [])
    data = (root / path).read_bytes()
    for _ in range(20):
        way = dice.choice(ways)
        changed = way(dice, data)
        if changed is not None and changed != data:
            (root / path).write_bytes(changed)
            return f"{way.__name__} {path}"
    return None


def lose_file(_dice, root, path):
    os.unlink(root / path)
    return f"lose {path}"


def make_link(_dice, root, path):
    os.rename(root / path, root.parent / "elsewhere")
    os.symlink("/dev/null", root / path)
    return f"link {path}"


def make_folder(_dice, root, path):
    os.unlink(root / path)
    (root / path).mkdir()
    return f"folder {path}"


def files_of(root):
    return sorted(str(f.relative_to(root)) for f in root.rglob("*")
                  if f.is_file() and not f.is_symlink() and
                  f.name != "export.log")


def swap_files(dice, root, path):
    other = dice.choice(files_of(root))
    one, two = (root / path).read_bytes(), (root / other).read_bytes()
    if one == two or path in TOP or other in TOP:
        return None
    (root / path).write_bytes(two)
    (root / other).write_bytes(one)
    return f"swap {path} {other}"


def add_file(dice, root, path):
    more = (root / path).parent / dice.choice(["more.json", "77.jsonl"])
    more.write_bytes(b"{}\n")
    return f"add {more.relative_to(root)}"


def lose_folder(dice, root, _path):
    folders = sorted({f.parent for f in root.rglob("*")
                      if f.is_file()} - {root})
    folders += [f.parent for f in folders if f.parent != root]
    if not folders:
        return None
    folder = dice.choice(folders)
    shutil.rmtree(folder)
    return f"lose folder {folder.relative_to(root)}"


def lose_all(_dice, root, _path):
    folder = root / "files"
    if not folder.exists():
        return None
    shutil.rmtree(folder)
    return "lose files/"


def harm_manifests(dice, root, _path):
    said = [dice.choice([change_file, change_file, change_file, lose_file])(
        dice, root, name) for name in MANIFESTS if (root / name).is_file()]
    return " and ".join(filter(None, said)) or None


def pick(dice, root):
    """A random file; each kind is equally likely."""
    kinds = {}
    for path in files_of(root):
        name = path.rsplit("/", 1)[-1]
        kind = path if "/" not in path else \
            name if name.startswith(".") or name[0].isdigit() else \
            path.split("/")[-2] + name.split(".")[-1]
        kinds.setdefault(kind, []).append(path)
    return dice.choice(kinds[dice.choice(sorted(kinds))]) if kinds else None


WAYS = [change_file] * 24 + [lose_file] * 4 + [swap_files] * 2 + [
    make_link, make_folder, add_file, lose_folder, lose_folder, lose_all,
    harm_manifests, harm_manifests]


def harm(dice, root):
    """Damage the export in ROOT; return a description."""
    said = []
    for _ in range(1 if dice.random() < 0.6 else dice.randrange(2, 6)):
        path = pick(dice, root)
        if path is None:
            break
        what = dice.choice(WAYS)(dice, root, path)
        if what:
            said.append(what)
    return said
