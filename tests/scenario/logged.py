"""The log of an export, of which the manifest was made anew."""

import hashlib
import os


def seal(root, line):
    """Have the log's seal be the line LINE, and its mark fit that."""
    path = os.path.join(root, "export.log")
    if not os.path.exists(path):
        return
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    said = line.strip().encode().replace(b'"', b'\\"')
    for i, event in enumerate(lines):
        at = event.find(b'sealed manifest="')
        if at != -1:
            lines[i] = event[:at] + b'sealed manifest="' + said + b'"'
    text = b"\n".join(lines)
    end = len(text) - 65
    with open(path, "wb") as file:
        file.write(text[:end] + hashlib.sha256(text[:end]).hexdigest()
                   .encode() + b"\n")
