"""Archives that mean harm, made of the export that is named; the file
"hostile" has a line for each: its name, and what must be said of it."""

import io
import os
import subprocess
import sys
import tarfile
import zipfile

EXPORT = sys.argv[1].rstrip("/")
TOP = os.path.basename(EXPORT)
LIST = open("hostile", "w")


def files():
    for at, _, names in sorted(os.walk(EXPORT)):
        for name in sorted(names):
            path = os.path.join(at, name)
            yield TOP + path[len(EXPORT):], open(path, "rb").read()


def say(name, words):
    print(name, words, file=LIST)


tarfile.ENCODING = "utf-8"


def info(name, size=0, kind=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = size, kind, link
    return member


def tar(name, words, *extra, skip=None):
    with tarfile.open(name, "w:gz" if name.endswith("gz") else "w") as file:
        for path, data in files():
            if path != skip:
                file.addfile(info(path, len(data)), io.BytesIO(data))
        for member, data in extra:
            file.addfile(member, io.BytesIO(data))
    say(name, words)


def zip_(name, words, *extra):
    import warnings
    warnings.simplefilter("ignore")
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as file:
        for path, data in files():
            file.writestr(path, data)
        for path, data in extra:
            file.writestr(path, data)
    say(name, words)


STATS = next(path for path, _ in files() if path.endswith("stats.json"))
OUT = "points outside the directory"

tar("absolute.tar", OUT, (info("/tmp/hlexport-evil", 1), b"x"))
tar("dots.tar.gz", OUT, (info(TOP + "/../../evil", 1), b"x"))
tar("symlink.tar", "it is a link or a special file",
    (info(TOP + "/files/link", kind=tarfile.SYMTYPE, link="/etc"), b""))
tar("hardlink.tar", "it is a link or a special file",
    (info(TOP + "/files/link", kind=tarfile.LNKTYPE, link=STATS), b""))
tar("through.tar", "it is a link or a special file",
    (info(TOP + "/files/l", kind=tarfile.SYMTYPE, link="/tmp"), b""),
    (info(TOP + "/files/l/evil", 1), b"x"))
tar("device.tar", "it is a link or a special file",
    (info(TOP + "/files/null", kind=tarfile.CHRTYPE), b""))
tar("twice.tar", "twice", (info(STATS, 1), b"x"))
tar("more.tar", "extra ", (info(TOP + "/files/more", 1), b"x"))
tar("beside.tar", "outside the export's directory", (info("other/file", 1), b"x"))
tar("escape.tar", "extra    files/\\x1b[2J", (info(TOP + "/files/\x1b[2J"), b""))
tar("bytes.tar", "extra    files/\\xff", (info(TOP + "/files/\udcff"), b""))
tar("bare.tar", "extra ", (info(TOP + "/files/" + "d/" * 2000 + "x"), b""))
zip_("dots.zip", OUT, ("../evil", b"x"))
zip_("backslash.zip", OUT, ("..\\evil", b"x"))
zip_("drive.zip", OUT, ("C:\\evil", b"x"))
zip_("twice.zip", "twice", (STATS, b"x"))
zip_("bomb.zip", "extra ", (TOP + "/files/more", bytes(1 << 28)))

# A file that says it has 2^40 bytes, and one that has 2^28.
with tarfile.open("huge.tar", "w") as file:
    for path, data in files():
        if path != STATS:
            file.addfile(info(path, len(data)), io.BytesIO(data))
    file.fileobj.write(info(STATS, 1 << 40).tobuf(tarfile.GNU_FORMAT))
    file.fileobj.write(bytes(1024))
say("huge.tar", "damaged  " + STATS[len(TOP) + 1:])
with zipfile.ZipFile("long.zip", "w", zipfile.ZIP_DEFLATED) as file:
    for path, data in files():
        file.writestr(path, bytes(1 << 28) if path == STATS else data)
say("long.zip", "damaged  " + STATS[len(TOP) + 1:])

# 32 GiB of zeros in some 3 MB, as a file nobody knows and as the manifest.
FRAME = subprocess.run(["zstd", "-qc"], input=bytes(1 << 27),
                       stdout=subprocess.PIPE, check=True).stdout


def pack(data):
    return subprocess.run(["zstd", "-qc"], input=data,
                          stdout=subprocess.PIPE, check=True).stdout


def bomb(name, member, words, before=b""):
    with open(name, "wb") as file:
        file.write(pack(before + info(member, 1 << 35).tobuf(
            tarfile.GNU_FORMAT)))
        for _ in range(256):
            file.write(FRAME)
    say(name, words)


MANIFEST = open(EXPORT + "/manifest.jsonl", "rb").read()
FIRST = info(TOP + "/manifest.jsonl", len(MANIFEST)).tobuf() + MANIFEST + \
    bytes(-len(MANIFEST) % 512)
bomb("bomb.tar.zst", TOP + "/files/bomb", "it expands to far more", FIRST)
bomb("manifest.tar.zst", TOP + "/manifest.jsonl", "too large for a manifest")

# A ZIP whose members all are the same bytes of it.
with zipfile.ZipFile("same.zip", "w", zipfile.ZIP_DEFLATED) as file:
    for path, data in files():
        file.writestr(path, data)
    file.writestr(TOP + "/files/kernel", bytes(1 << 24))
    kernel = file.getinfo(TOP + "/files/kernel")
    for i in range(1000):
        copy = zipfile.ZipInfo(TOP + "/files/k%d" % i)
        for name in ("header_offset", "CRC", "compress_size", "file_size",
                     "compress_type", "flag_bits"):
            setattr(copy, name, getattr(kernel, name))
        file.filelist.append(copy)
        file.NameToInfo[copy.filename] = copy
    file._didModify = True
say("same.zip", "extra ")
