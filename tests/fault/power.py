#!/usr/bin/env python3
"""Power loss: unsynced data is lost or torn.

A run is traced, step by step.  Then, for many moments, the disk is rebuilt as
it may look after a power loss at that moment: only synced data of a file is
safe (later writes are lost, or kept in part), and only the names in a directory
at its last sync (names created, renamed or removed since may exist or not).
From each such disk, a resume must produce the tree of an undisturbed run.

A sync covers what existed when it began, once it has returned; it does not
cover what another thread does meanwhile.  A sync of the file system (syncfs)
covers every file and directory.  Starting write-back (sync_file_range)
guarantees nothing.
"""

import os
import pathlib
import random
import shutil

import world

work = world.work_dir()
fixture = world.Fixture()
trace = os.path.join(work, "trace")


class Inode:
    def __init__(self):
        self.now = b""      # in memory
        self.synced = b""   # safely on disk

    def write(self, at, data):
        self.now = self.now[:at].ljust(at, b"\0") + data + \
            self.now[at + len(data):]

    def after_loss(self, dice):
        """What may be on disk: the synced data and part of the rest."""
        if self.now == self.synced or dice.random() < 0.5:
            return self.synced
        if self.now.startswith(self.synced):
            more = self.now[len(self.synced):]
            return self.synced + more[:dice.randrange(len(more) + 1)]
        return dice.choice([self.now, self.synced])


class Disk:
    """Names are (directory, name) -> inode number, or "dir"."""

    def __init__(self, root):
        self.root = root
        self.inodes = {}
        self.names = {}     # in memory
        self.sure = {}      # on disk
        self.begun = {}     # syncs in progress

    def apply(self, line):
        what, *rest = line.split("\t")
        getattr(self, what)(*rest)

    def split(self, path):
        path = os.path.normpath(path)
        return os.path.dirname(path), os.path.basename(path)

    def create(self, path, inode, truncated):
        number = int(inode)
        # Inode numbers are reused.
        if self.names.get(self.split(path)) != number:
            self.inodes[number] = Inode()
        elif truncated == "1":
            self.inodes[number].now = b""
        self.names[self.split(path)] = number

    def write(self, inode, at, data=""):
        if int(inode) in self.inodes:
            self.inodes[int(inode)].write(int(at), bytes.fromhex(data))

    def truncate(self, inode, size):
        file = self.inodes.get(int(inode))
        if file:
            file.now = file.now[:int(size)]

    def begin(self, path, inode):
        """A sync begins: record what it covers."""
        self.begun[path, inode] = (
            {number: file.now for number, file in self.inodes.items()
             if path == "*" or number == int(inode)},
            {key: what for key, what in self.names.items()
             if path in ("*", key[0])},
            {number: file for number, file in self.inodes.items()})

    def sync(self, path, inode):
        files, names, same = self.begun.pop((path, inode))
        for number, now in files.items():
            # Its number may belong to another file by then.
            if self.inodes.get(number) is same[number]:
                self.inodes[number].synced = now
        for key in [k for k in self.sure if path in ("*", k[0])]:
            del self.sure[key]
        self.sure.update(names)

    def rename(self, old, new):
        self.names[self.split(new)] = self.names.pop(self.split(old))

    def unlink(self, path):
        self.names.pop(self.split(path), None)

    def mkdir(self, path):
        self.names[self.split(path)] = "dir"

    def rebuild(self, to, dice):
        """Write a disk as it may be after a power loss now."""
        names = {}
        for key in set(self.sure) | set(self.names):
            sure, now = self.sure.get(key), self.names.get(key)
            there = sure if sure == now else dice.choice([sure, now])
            if there is not None:
                names[key] = there
        # A renamed file has exactly one name: the old one goes when
        # the new one appears.
        os.makedirs(to)

        def build(directory, target):
            for (parent, name), what in sorted(names.items(), key=str):
                if parent != directory:
                    continue
                path = os.path.join(target, name)
                if what == "dir":
                    os.mkdir(path, 0o700)
                    build(os.path.join(directory, name), path)
                else:
                    with open(path, "wb") as file:
                        file.write(self.inodes[what].after_loss(dice))
        build(self.root, to)


def traced(name, *options, **more):
    """Run it traced.  Return its export and the trace's lines."""
    where = os.path.join(work, name)
    if os.path.exists(trace):
        os.remove(trace)
    result = fixture.run("--logs", "-q", "-o", where, *options,
                         program=world.STEPS, HLEXPORT_STEP_TRACE=trace,
                         **more)
    assert result.returncode == 0, result.stderr
    with open(trace) as file:
        lines = file.read().splitlines()
    return world.the_export(where), lines


def lose_power(group, root, lines, moments, tries):
    # The directory exists, and its name is synced.
    for moment in moments:
        for attempt in range(tries):
            disk = Disk(root)
            for line in lines[:moment]:
                disk.apply(line)
            where = os.path.join(work, "lost")
            shutil.rmtree(where, ignore_errors=True)
            path = os.path.join(where, "20251124-160000")
            os.makedirs(where)
            disk.rebuild(path, random.Random(moment * 100 + attempt))
            group.case(f"after step {moment}, try {attempt}", resumed(path))


def resumed(path):
    """Resume from that disk; what is wrong, or None."""
    manifest = os.path.join(path, "manifest.jsonl")
    if not os.path.exists(manifest) or not os.path.getsize(manifest):
        # Nothing to resume; and the run had not reported anything.
        return None
    result = fixture.run("-q", "--resume", path)
    if result.returncode != 0:
        return f"resume: {result.returncode}: {result.stderr}"
    wrong = world.differences(world.tree(path), whole)
    return f"differs: {wrong}" if wrong else None


export, lines = traced("whole")
whole = world.tree(export)
every = 2 if not world.soak() else 1
group = world.Group("the power goes")
lose_power(group, str(export.resolve()), lines,
           range(1, len(lines) + 1, every), 2 if not world.soak() else 20)
group.end()

# A thread syncs during the crawl; slowly, so that much happens meanwhile.
export, lines = traced("threaded", HLEXPORT_STEP_THREAD="1",
                       HLEXPORT_STEP_SLOW="5")
group = world.Group("the power goes, with syncs in a thread")
if world.differences(world.tree(export), whole):
    group.case("undisturbed", "differs")
group.case("they overlap", None if any(
    line.startswith("begin") and not after.startswith("sync")
    for line, after in zip(lines, lines[1:])) else "nothing came beside them")
lose_power(group, str(export.resolve()), lines,
           range(1, len(lines) + 1, 2 * every), 2 if not world.soak() else 20)
group.end()

# Several at a time: the file system is synced.
group = world.Group("the disk is synced as a whole")
group.case("it was", None if any(line.startswith("sync\t*") for line in lines)
           else "each file was synced by itself")
group.end()
world.done(work, fixture)
