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
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import traceback
import zlib
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen, Request

SETTINGS = Path("/etc/deferred/set-up.json")
LAUNCH = Path("/etc/deferred/launch.json")
HOME = Path("/opt/deferred")
PACKAGES = ["bubblewrap", "ca-certificates", "libatomic1"]
# What the responder may ask for by these names, since it may not install anything itself.
WANTED = Path("/var/lib/deferred/packages.wanted")
OUTCOME = Path("/var/lib/deferred/packages.done")
# Sandboxes start their own: the machine's would only take memory.
MASKED = ["postgresql", "redis-server", "mariadb", "memcached"]
ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
# When Debian's lists were loaded in this boot, and the seconds that they are good for.
LISTS = Path("/run/deferred-lists")
LISTS_S = 3600
# Seconds for which a step that fails is tried again, and those one call may be without an answer.
PATIENCE_S = 120
CALL_S = 30
# Seconds for which others' locks are waited for, and those that the unit's limit grows to while there is progress.
LOCKED_S = 600
STILL_S = 300
# Seconds after which the server is told once more of a step that goes on.
AGAIN_S = 60
# What is longer is no file of ours, and would fill the disk.
MOST_BYTES = 1 << 29


class Failure(Exception):
    """What keeps the set-up from going on. Trying again may help."""


class Locked(Failure):
    """Another program has apt's locks, as images' own updates do at first."""


class Refusal(Failure):
    """Trying again would not help."""


def check_address(url):
    parts = urlsplit(url)
    loopback = re.fullmatch(r"localhost|127(\.\d+){3}|::1", parts.hostname or "")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise Refusal(f"the server's address {url} is not https")


class Server:
    def __init__(self, url):
        check_address(url)
        self.url = url.rstrip("/") + "/"
        self.manifest = None

    def open(self, path, body=None):
        headers = {"content-type": "application/json"}
        request = Request(urljoin(self.url, path.lstrip("/")), body, headers)
        try:
            return urlopen(request, timeout=CALL_S)
        except HTTPError as error:
            code, detail = problem_of(error)
            if code == "registration_refused":
                raise Refusal("the server does not know this launch") from error
            raise Failure(f"{request.full_url} answered {error.code} {detail}") from error
        except URLError as error:
            why = error.reason
            if not isinstance(why, ssl.SSLCertVerificationError):
                said = getattr(why, "strerror", None) or why
                raise Failure(f"{request.host} can't be reached: {said}") from error
            raise Failure(
                f"the certificate of {request.host} is not trusted here: {why.verify_message}"
                f" (this machine's clock says {time.strftime('%F %T', time.gmtime())} UTC)"
            ) from error

    def file(self, name):
        """What the server says the machine has to have by this name."""
        self.manifest = self.manifest or self.ask_for_manifest()
        return self.manifest[name]

    def ask_for_manifest(self):
        arch = ARCHITECTURES.get(platform.machine(), platform.machine())
        with self.open(f"v1/machine/manifest?arch={arch}") as answer:
            check_address(answer.url)
            try:
                files = {file["name"]: file for file in json.load(answer)["files"]}
                for name in ("node", "responder.mjs"):
                    # It names a folder.
                    int(files[name]["sha256"], 16)
                return files
            except (ValueError, TypeError, KeyError) as error:
                raise Failure(f"{self.url} answered no manifest; is it this server?") from error


def say(line):
    """To the console, which the provider shows to whoever asks why a machine did not come."""
    print(f"Deferred Runner: {line}", flush=True)


moved_at = 0


def moving():
    """Tells systemd that there is progress: the unit's limit is for what stands still."""
    global moved_at
    moved_at = time.monotonic()
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        message = f"EXTEND_TIMEOUT_USEC={STILL_S * 1_000_000}"
        notify.sendto(message.encode(), re.sub("^@", "\0", address))


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
        if self.launch:
            names = ("launch_id", "registration_token")
            self.waiting.put({**{name: self.launch[name] for name in names}, **progress})

    def next(self, last, since):
        """What there is to say; the same once more where the work has moved since, as the server waits for no other."""
        while True:
            try:
                return self.waiting.get(timeout=AGAIN_S)
            except queue.Empty:
                if last and moved_at > since:
                    return last

    def send_all(self):
        progress = None
        while (progress := self.next(progress, time.monotonic())) is not None:
            try:
                self.server.open("v1/responder/progress", json.dumps(progress).encode()).close()
            except Refusal as refusal:
                self.refusal = refusal
            except (Failure, OSError, HTTPException) as error:
                # Nothing depends on it but what a reader sees.
                say(f"not reported: {error}")

    def finish(self, within_s):
        self.waiting.put(None)
        self.sender.join(within_s)


def patiently(work, for_s):
    """Does `work` again while it fails by what may pass."""
    end = time.monotonic() + for_s
    locked_until = time.monotonic() + LOCKED_S
    pause = 0.2
    while True:
        try:
            return work()
        except Refusal:
            raise
        except (Failure, OSError, HTTPException) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise Refusal("the disk is full") from error
            if isinstance(error, Locked) and time.monotonic() < locked_until:
                # Theirs is not the time of this work.
                end += pause
                moving()
            if time.monotonic() + pause > end:
                raise Refusal(str(error)) from error
            say(f"again in {pause:.1f} s: {error}")
        time.sleep(pause)
        pause = min(2 * pause, 10)


def missing(packages):
    status = Path("/var/lib/dpkg/status").read_text(errors="replace")
    # Unpacked is not installed: a machine that was cut off in between has the files already.
    there = re.findall(r"^Package: (\S+)\nStatus: install ok installed$", status, re.M)
    return [name for name in packages if name not in there]


def await_sources():
    """cloud-init chooses apt's mirrors in a later stage than the one that began this."""
    later = ["systemctl", "start", "cloud-config.service"]
    try:
        subprocess.run(later, stderr=subprocess.DEVNULL, timeout=LOCKED_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"cloud-init's configuration is not waited for: {error}")


def install(packages):
    await_sources()
    apt("dpkg", "--configure", "-a")
    if not LISTS.exists() or time.time() - LISTS.stat().st_mtime > LISTS_S:
        # Its descriptions would be half of what is loaded.
        apt("apt-get", "-q", "-o", "Acquire::Languages=none", "update")
        LISTS.touch()
    options = ["-q", "-y", "--no-install-recommends"]
    try:
        apt("apt-get", *options, "install", *missing(packages))
    except Locked:
        raise
    except Failure:
        # They may name versions that are no longer there.
        LISTS.unlink(missing_ok=True)
        raise


def apt(*command):
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
    env["LC_ALL"] = "C.UTF-8"
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        try:
            process = subprocess.Popen(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",
            )
        except FileNotFoundError as error:
            raise Refusal(f"{command[0]} is missing: the image has to be Debian or Ubuntu") from error
        with process:
            for line in process.stdout:
                print(line, end="", flush=True)
                moving()
        errors.seek(0)
        lines = errors.read().strip().splitlines()
    if process.returncode == 0:
        return
    said = " ".join([line for line in lines if line.startswith("E: ")] or lines[-3:])[:300]
    failure = Locked if re.search(r"\block(ed)?\b", said) else Failure
    raise failure(f"{' '.join(command)} ended with {process.returncode}: {said}")


def place_of(file):
    """Its folder carries its digest: what has its name there was checked."""
    return HOME / file["sha256"][:16] / file["name"]


def is_there(file):
    link = HOME / file["name"]
    return link.is_symlink() and link.resolve() == place_of(file) and link.exists()


def bring(server, name):
    try:
        bring_file(server, server.file(name))
    except (Failure, OSError, HTTPException):
        # The server may be another version's by now.
        server.manifest = None
        raise


def bring_file(server, file):
    place = place_of(file)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        part = place.with_suffix(".part")
        load(server, file, part)
        if file["form"] == "archive":
            unpack(part, place.name)
        part.chmod(0o755)
        if place.name == "node":
            try_out(part)
        part.rename(place)
    link = HOME / f".{file['name']}"
    link.unlink(missing_ok=True)
    link.symlink_to(place.relative_to(HOME))
    link.rename(HOME / file["name"])
    for other in HOME.glob(f"*/{file['name']}"):
        if other != place:
            shutil.rmtree(other.parent)


def load(server, file, part):
    """From its mirror, where there is one that has it: all machines share the server's own line."""
    for url in filter(None, (file.get("mirror"), file["url"])):
        try:
            with server.open(url) as answer, open(part, "wb") as out:
                return receive(answer, out, file)
        except (Failure, OSError, HTTPException) as error:
            if url == file["url"]:
                raise
            say(f"{file['name']} comes from the server, not from its mirror: {error}")


def receive(answer, out, file):
    digest = hashlib.sha256()
    length = 0
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if file["form"] == "gzip" else None
    while chunk := answer.read(1 << 16):
        try:
            chunk = unzip.decompress(chunk, MOST_BYTES) if unzip else chunk
        except zlib.error as error:
            raise Failure(f"{file['name']} came damaged: {error}") from error
        moving()
        digest.update(chunk)
        length += out.write(chunk)
        if length > MOST_BYTES:
            break
    out.flush()
    os.fsync(out.fileno())
    if digest.hexdigest() != file["sha256"]:
        raise Failure(f"{file['name']} is not what the manifest names: {length} bytes came")


def unpack(part, name):
    """Takes bin/NAME out of an archive, as nodejs.org offers them."""
    content = part.with_suffix(".new")
    try:
        with tarfile.open(part) as archive, open(content, "wb") as out:
            for member in archive:
                if member.isfile() and Path(member.name).parts[-2:] == ("bin", name):
                    break
            else:
                raise Refusal(f"the archive of {name} holds no bin/{name}")
            if member.size > MOST_BYTES:
                raise Refusal(f"bin/{name} in its archive has {member.size} bytes")
            shutil.copyfileobj(archive.extractfile(member), out)
            out.flush()
            os.fsync(out.fileno())
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Refusal(f"the archive of {name} can't be read: {error}") from error
    content.rename(part)


def try_out(program):
    """What is another system's, or lacks a library, would end at every start."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True)
        said = done.returncode and (done.stderr.strip() or f"it ended with {done.returncode}")
    except OSError as error:
        said = error.strerror
    if said:
        raise Refusal(f"the server's Node does not run on this machine: {said[:300]}")


def allow_user_namespaces():
    """Ubuntu denies them to whoever has no profile, and sandboxes are made of them."""
    setting = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if setting.exists():
        setting.write_text("0")


def set_up(server, reports, languages, patience_s):
    reports.say(phase="booting")
    allow_user_namespaces()
    patiently(lambda: server.file("node"), patience_s)
    # What a reader is told, whether it is there, and how it comes to be.
    steps = [
        ("system packages", lambda: not missing(PACKAGES), lambda: install(PACKAGES)),
        ("Node", lambda: is_there(server.file("node")), lambda: bring(server, "node")),
        ("languages", lambda: not missing(languages), lambda: install(languages)),
        (
            "responder",
            lambda: is_there(server.file("responder.mjs")),
            lambda: bring(server, "responder.mjs"),
        ),
    ]
    for number, (name, is_done, do) in enumerate(steps, 1):
        if reports.refusal:
            raise reports.refusal
        if patiently(is_done, patience_s):
            continue
        step = {"number": number, "of": len(steps), "name": name}
        say(f"setting up {number}/{len(steps)}: {name}")
        reports.say(phase="setting_up", step=step)
        patiently(do, min(patience_s, PATIENCE_S))


def install_wanted():
    """
    Installs what the responder's file names and leaves the outcome. Nothing of what the responder wrote is trusted:
    not the name, nor that the file is no link.
    """
    with open(os.open(WANTED, os.O_RDONLY | os.O_NOFOLLOW)) as file:
        name = file.read(100).strip()
    WANTED.unlink()
    error = None
    try:
        offered = json.loads(SETTINGS.read_text())["offered"]
        if name not in offered:
            raise Refusal("there is no such thing here")
        subprocess.run(["systemctl", "-q", "mask", *MASKED], stderr=subprocess.DEVNULL)
        cluster = Path("/etc/postgresql-common/createcluster.conf")
        if name == "postgresql" and not cluster.exists():
            cluster.parent.mkdir(exist_ok=True)
            cluster.write_text("create_main_cluster = false\n")
        if missing(offered[name]):
            patiently(lambda: install(offered[name]), PATIENCE_S)
    except Exception as failure:
        error = str(failure) or repr(failure)
    say(f"{name} was asked for: {error or 'installed'}")
    part = OUTCOME.with_suffix(".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"name": name, "error": error and error[:1000]}, file)
    part.rename(OUTCOME)


def stopped(*_):
    raise Refusal("it was stopped: it took too long, or the machine goes away")


def main():
    signal.signal(signal.SIGTERM, stopped)
    settings = json.loads(SETTINGS.read_text())
    launch = json.loads(LAUNCH.read_text()) if LAUNCH.exists() else None
    say(f"setting up this machine for {settings['server_url']}")
    reports = None
    try:
        server = Server(settings["server_url"])
        reports = Reports(server, launch)
        patience_s = launch["unreachable_s"] if launch else PATIENCE_S
        set_up(server, reports, settings["languages"], patience_s)
        say("this machine is set up")
        reports.finish(1)
    except Exception as error:
        if not isinstance(error, (Failure, OSError, HTTPException)):
            traceback.print_exc()
        say(f"the set-up failed, and the machine powers off: {error}")
        if reports:
            reports.say(phase="setting_up", failed=f"{error or repr(error)}"[:1000])
            reports.finish(10)
        sys.exit(1)


if sys.argv[1:] == ["packages"]:
    install_wanted()
else:
    main()
