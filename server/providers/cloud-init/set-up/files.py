"""Downloads the files of the server's manifest, checks them, and links their names to them."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import zlib
from http.client import HTTPException
from pathlib import Path

from errors import Failure, Refusal
from progress import log, note_progress

HOME = Path("/opt/deferred")
# Larger files than any in a manifest could fill the disk.
MAX_BYTES = 1 << 29


def path_of(file):
    """Returns the file's path. Its folder is named after the digest, so a file at this path was checked."""
    return HOME / file["sha256"][:16] / file["name"]


def is_installed(file):
    link = HOME / file["name"]
    return link.is_symlink() and link.resolve() == path_of(file) and link.exists()


def provide(server, name):
    try:
        provide_file(server, server.file(name))
    except (Failure, OSError, HTTPException):
        # The server may have been upgraded: the retry asks for its manifest again.
        server.manifest = None
        raise


def provide_file(server, file):
    """Downloads and checks the file, links its name to it, and removes older versions."""
    place = path_of(file)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        part = place.with_suffix(".part")
        download(server, file, part)
        if file["form"] == "archive":
            unpack(part, place.name)
        part.chmod(0o755)
        if place.name == "node":
            check_node(part)
        part.rename(place)
    link = HOME / f".{file['name']}"
    link.unlink(missing_ok=True)
    link.symlink_to(place.relative_to(HOME))
    link.rename(HOME / file["name"])
    for other in HOME.glob(f"*/{file['name']}"):
        if other != place:
            shutil.rmtree(other.parent)


def download(server, file, part):
    """Downloads from the mirror, or else from the server, whose uplink all machines share."""
    for url in filter(None, (file.get("mirror"), file["url"])):
        try:
            with server.open(url) as answer, open(part, "wb") as out:
                return receive(answer, out, file)
        except (Failure, OSError, HTTPException) as error:
            if url == file["url"]:
                raise
            log(f"{file['name']} comes from the server, not from its mirror: {error}")


def receive(answer, out, file):
    """Writes the body to `out`, decompressed, and compares its digest with the manifest's."""
    digest = hashlib.sha256()
    length = 0
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if file["form"] == "gzip" else None
    while chunk := answer.read(1 << 16):
        try:
            chunk = unzip.decompress(chunk, MAX_BYTES) if unzip else chunk
        except zlib.error as error:
            raise Failure(f"{file['name']} came damaged: {error}") from error
        note_progress()
        digest.update(chunk)
        length += out.write(chunk)
        if length > MAX_BYTES:
            break
    out.flush()
    os.fsync(out.fileno())
    if digest.hexdigest() != file["sha256"]:
        raise Failure(f"{file['name']} is not what the manifest names: {length} bytes came")


def unpack(part, name):
    """Replaces an archive, in the layout of nodejs.org, by its file bin/NAME."""
    content = part.with_suffix(".new")
    try:
        with tarfile.open(part) as archive, open(content, "wb") as out:
            for member in archive:
                if member.isfile() and Path(member.name).parts[-2:] == ("bin", name):
                    break
            else:
                raise Refusal(f"the archive of {name} holds no bin/{name}")
            if member.size > MAX_BYTES:
                raise Refusal(f"bin/{name} in its archive has {member.size} bytes")
            shutil.copyfileobj(archive.extractfile(member), out)
            out.flush()
            os.fsync(out.fileno())
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Refusal(f"the archive of {name} can't be read: {error}") from error
    content.rename(part)


def check_node(program):
    """Refuses a Node that is built for another system, or whose libraries this machine lacks."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True)
        said = done.returncode and (done.stderr.strip() or f"it ended with {done.returncode}")
    except OSError as error:
        said = error.strerror
    if said:
        raise Refusal(f"the server's Node does not run on this machine: {said[:300]}")
