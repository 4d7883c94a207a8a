#!/usr/bin/env python3
"""rings.py [-v]: the files of a room that form a ring, a line each.

One file leads to another if it names a function that the other defines.  In
a ring, no file can be understood before the others.  With -v, the functions
that lead from file to file are named, too.
"""

import pathlib
import re
import sys


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def edges_of(room):
    """{file: {other: names of its functions}} of a room's C files."""
    texts = {path.name: without_comments(path.read_text())
             for path in sorted(pathlib.Path("src", room).glob("*.c"))}
    where = {}
    for name, text in texts.items():
        for result, function in re.findall(
                r"^(\w[^\n;{}=()]*)\n(\w+)\(", text, flags=re.M):
            if "static" not in result.split():
                where.setdefault(function, name)
    edges = {name: {} for name in texts}
    for name, text in texts.items():
        for word in set(re.findall(
                r"(?<!struct )(?<!enum )\b\w+", text)):
            other = where.get(word, name)
            # table_none.c stands for others, where DuckDB is missing.
            if other != name and not name.endswith("_none.c"):
                edges[name].setdefault(other, []).append(word)
    return edges


def reachable(edges, start):
    seen, todo = set(), [start]
    while todo:
        for other in edges[todo.pop()]:
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def main():
    verbose = "-v" in sys.argv[1:]
    for room in pathlib.Path("src/ROOMS").read_text().split():
        edges = edges_of(room)
        reach = {name: reachable(edges, name) for name in edges}
        rings = {frozenset(other for other in reach[name]
                           if name in reach[other])
                 for name in edges if name in reach[name]}
        for ring in sorted(map(sorted, rings)):
            print(room + ":", *ring)
            for name in ring if verbose else []:
                for other in sorted(set(edges[name]) & set(ring)):
                    print("   ", name, "->", other,
                          *sorted(edges[name][other]))


main()
