"""
Makes this machine a responder. It runs at every boot, and does a step only where the step's outcome is
missing: a set-up that was cut off, wherever that was, is finished by the next one.

Everything but Debian's packages comes from the server, which also says by its manifest what there
has to be. Where it can't go on it tells the server why and fails, and systemd powers the machine off.
"""

import errno
import hashlib
import json
import os
import platform
import queue
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import zlib
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen, Request

SETTINGS = Path("/etc/deferred/set-up.json")
LAUNCH = Path("/etc/deferred/launch.json")
HOME = Path("/opt/deferred")
PACKAGES = ["bubblewrap", "ca-certificates", "libatomic1"]
LANGUAGES = {"python": "python3", "ruby": "ruby"}
ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
# Seconds for which a step that fails is tried again, and those one call may be without an answer.
PATIENCE_S = 60
CALL_S = 30


class Failure(Exception):
    """What keeps the set-up from going on. Trying again may help."""


class Refusal(Failure):
    """Trying again would not help."""


class Server:
    def __init__(self, url):
        parts = urlsplit(url)
        loopback = re.fullmatch(r"localhost|127(\.\d+){3}|::1", parts.hostname or "")
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
            raise Refusal(f"the server's address {url} is not https")
        self.url = url.rstrip("/") + "/"

    def open(self, path, body=None):
        headers = {"content-type": "application/json"}
        request = Request(urljoin(self.url, path), body, headers)
        try:
            return urlopen(request, timeout=CALL_S)
        except HTTPError as error:
            code, detail = problem_of(error)
            if code == "registration_refused":
                raise Refusal("the server does not know this launch") from error
            raise Failure(f"{request.full_url} answered {error.code} {detail}") from error

    def manifest(self):
        arch = ARCHITECTURES.get(platform.machine(), platform.machine())
        with self.open(f"v1/machine/manifest?arch={arch}") as answer:
            try:
                files = json.load(answer)["files"]
                return {file["name"]: file for file in files}
            except (ValueError, TypeError, KeyError) as error:
                raise Failure(f"{self.url} answered no manifest; is it this server?") from error


def problem_of(error):
    try:
        problem = json.load(error)
        return problem["code"], problem.get("detail") or problem["title"]
    except (ValueError, TypeError, KeyError, OSError):
        return None, error.reason


class Reports:
    """Tells the server how far this is, one after another, while the work goes on."""

    def __init__(self, server, launch):
        self.server, self.launch = server, launch
        self.refusal = None
        self.waiting = queue.Queue()
        self.sender = threading.Thread(target=self.send_all, daemon=True)
        self.sender.start()

    def say(self, **progress):
        print(progress.get("failed") or progress.get("step") or progress["phase"], flush=True)
        if self.launch:
            names = ("launch_id", "registration_token")
            self.waiting.put({**{name: self.launch[name] for name in names}, **progress})

    def send_all(self):
        while (progress := self.waiting.get()) is not None:
            try:
                self.server.open("v1/responder/progress", json.dumps(progress).encode()).close()
            except Refusal as refusal:
                self.refusal = refusal
            except (Failure, OSError) as error:
                # Nothing depends on it but what a reader sees.
                print(f"not reported: {error}", flush=True)

    def finish(self, within_s):
        self.waiting.put(None)
        self.sender.join(within_s)


def patiently(work, for_s):
    """Does `work` again while it fails by what may pass."""
    end = time.monotonic() + for_s
    pause = 0.2
    while True:
        try:
            return work()
        except Refusal:
            raise
        except (Failure, OSError) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise Refusal("the disk is full") from error
            if time.monotonic() + pause > end:
                raise Refusal(str(error)) from error
            print(f"again in {pause:.1f} s: {error}", flush=True)
        time.sleep(pause)
        pause = min(2 * pause, 10)


def missing(packages):
    status = Path("/var/lib/dpkg/status").read_text(errors="replace")
    # Unpacked is not installed: a machine that was cut off in between has the files already.
    there = re.findall(r"^Package: (\S+)\nStatus: install ok installed$", status, re.M)
    return [name for name in packages if name not in there]


def install(packages):
    apt("dpkg", "--configure", "-a")
    apt("apt-get", "-q", "update")
    # Images that update themselves hold the lock at first.
    options = ["-o", "DPkg::Lock::Timeout=120", "-q", "-y", "--no-install-recommends"]
    apt("apt-get", *options, "install", *missing(packages))


def apt(*command):
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
    try:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    except FileNotFoundError as error:
        raise Refusal(f"{command[0]} is missing: the image has to be Debian or Ubuntu") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        said = " ".join([line for line in lines if line.startswith("E: ")] or lines[-3:])[:300]
        raise Failure(f"{' '.join(command)} ended with {done.returncode}: {said}")


def place_of(file):
    """Its folder carries its digest: what has its name there was checked."""
    return HOME / file["sha256"][:16] / file["name"]


def is_there(file):
    link = HOME / file["name"]
    return link.is_symlink() and link.resolve() == place_of(file) and link.exists()


def bring(server, file):
    place = place_of(file)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        part = place.with_suffix(".part")
        with server.open(file["url"]) as answer, open(part, "wb") as out:
            receive(answer, out, file)
        if file["form"] == "archive":
            unpack(part, place.name)
        part.chmod(0o755)
        part.rename(place)
    link = HOME / f".{file['name']}"
    link.unlink(missing_ok=True)
    link.symlink_to(place.relative_to(HOME))
    link.rename(HOME / file["name"])
    for other in HOME.glob(f"*/{file['name']}"):
        if other != place:
            shutil.rmtree(other.parent)


def receive(answer, out, file):
    digest = hashlib.sha256()
    length = 0
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if file["form"] == "gzip" else None
    while chunk := answer.read(1 << 20):
        try:
            chunk = unzip.decompress(chunk) if unzip else chunk
        except zlib.error as error:
            raise Failure(f"{file['name']} came damaged: {error}") from error
        digest.update(chunk)
        length += out.write(chunk)
    out.flush()
    os.fsync(out.fileno())
    if digest.hexdigest() != file["sha256"]:
        raise Failure(f"{file['name']} is not what the manifest names: {length} bytes came")


def unpack(part, name):
    """Takes bin/NAME out of an archive, as nodejs.org offers them."""
    with tarfile.open(part) as archive:
        member = next((one for one in archive if one.name.endswith(f"bin/{name}")), None)
        source = member and archive.extractfile(member)
        if not source:
            raise Refusal(f"the archive of {name} holds no bin/{name}")
        content = part.with_suffix(".new")
        with open(content, "wb") as out:
            shutil.copyfileobj(source, out)
            os.fsync(out.fileno())
    content.rename(part)


def allow_user_namespaces():
    """Ubuntu denies them to whoever has no profile, and sandboxes are made of them."""
    setting = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if setting.exists():
        setting.write_text("0")


def set_up(server, reports, runtimes, patience_s):
    reports.say(phase="booting")
    allow_user_namespaces()
    files = patiently(server.manifest, patience_s)
    languages = [LANGUAGES[name] for name in runtimes if name in LANGUAGES]
    # What a reader is told, whether it is there, and how it comes to be.
    steps = [
        ("system packages", lambda: not missing(PACKAGES), lambda: install(PACKAGES)),
        ("Node", lambda: is_there(files["node"]), lambda: bring(server, files["node"])),
        ("languages", lambda: not missing(languages), lambda: install(languages)),
        (
            "responder",
            lambda: is_there(files["responder.mjs"]),
            lambda: bring(server, files["responder.mjs"]),
        ),
    ]
    for number, (name, is_done, do) in enumerate(steps, 1):
        if reports.refusal:
            raise reports.refusal
        if is_done():
            continue
        step = {"number": number, "of": len(steps), "name": name}
        reports.say(phase="setting_up", step=step)
        patiently(do, min(patience_s, PATIENCE_S))


def main():
    settings = json.loads(SETTINGS.read_text())
    launch = json.loads(LAUNCH.read_text()) if LAUNCH.exists() else None
    server = Server(settings["server_url"])
    reports = Reports(server, launch)
    try:
        patience_s = launch["unreachable_s"] if launch else PATIENCE_S
        set_up(server, reports, settings["runtimes"], patience_s)
        reports.finish(1)
    except (Failure, OSError) as error:
        reports.say(phase="setting_up", failed=f"{error}"[:1000])
        reports.finish(10)
        sys.exit(1)


main()
