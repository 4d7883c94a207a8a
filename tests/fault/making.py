"""Shared by the tests of commands that write output files: the commands, and
their output for an example."""

import os
import pathlib
import shutil
import subprocess

import world

TOP = pathlib.Path(os.environ.get("TOP", "."))


class Making:
    """A directory for output, and an export as input."""

    def __init__(self):
        self.work = pathlib.Path(world.work_dir())
        self.place = self.work / "place"
        self.temporary = self.work / "tmp"
        self.example = self.work / "export"
        shutil.copytree(TOP / "exports.example" / "20250606-120000",
                        self.example)
        self.fresh()

    def fresh(self):
        for path in (self.place, self.temporary):
            path.mkdir(exist_ok=True)
            for entry in path.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("HUMANLOOP", "HLEXPORT_"))}
        env.update(LC_ALL="C.UTF-8", SOURCE_DATE_EPOCH="1764000000",
                   TMPDIR=str(self.temporary), **more)
        return env

    def run(self, command, program=world.HLEXPORT, before=(), **more):
        return subprocess.run(
            [*before, program, *command], cwd=self.place, text=True,
            capture_output=True, timeout=world.WATCHDOG,
            env=self.environment(**more))

    def state(self):
        """All files in the two directories, hidden ones too."""
        return {str(path): path.read_bytes() if path.is_file() else None
                for top in (self.place, self.temporary)
                for path in sorted(top.rglob("*"))}

    def name_of(self, command):
        return " ".join(word for word in command
                        if word != str(self.example))

    def convert(self, form, *options):
        return ["convert", str(self.example), "--yes", "-q", "--format",
                form, *options]

    def has(self, form):
        """Does the build support the format?"""
        return "built without" not in self.run(
            self.convert(form, "--dry-run")).stderr


def start():
    """A directory; skips the test if no format is supported."""
    making = Making()
    if not making.has("csv"):
        world.skip(making.work, "built without DuckDB")
    return making
