"""
Makes this machine a responder. Runs at every boot and is idempotent: it skips each step whose outcome
exists, so the next boot completes an interrupted set-up.

The server's manifest names the files that a machine needs; apt installs Debian's packages. If a step
fails for good, this reports the reason to the server and exits with 1, and systemd powers the machine off.

This stays one file: user data embeds it, within EC2's 16 kB, and `python3 -I` imports no module from the
script's own folder.
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
# The responder may not install packages: it writes a name to WANTED, and OUTCOME has the answer.
WANTED = Path("/var/lib/deferred/packages.wanted")
OUTCOME = Path("/var/lib/deferred/packages.done")
# Sandboxes start these services themselves; the machine's own would only use memory.
MASKED = ["postgresql", "redis-server", "mariadb", "memcached"]
ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
# Its time of change is when this boot loaded apt's package lists. They expire after LISTS_S.
LISTS = Path("/run/deferred-lists")
LISTS_S = 3600
# Retries of a failing step end after this.
RETRY_S = 120
# Timeout of a request to the server.
CALL_S = 30
# Retries end after this if another program holds apt's locks.
LOCKED_S = 600
# systemd stops the set-up after this time without progress.
STALLED_S = 300
# The server gives up a silent launch, so a long step is reported again after this.
HEARTBEAT_S = 60
# Larger files than any in a manifest could fill the disk.
MAX_BYTES = 1 << 29


class Failure(Exception):
    """A step failed. A retry may succeed."""


class Locked(Failure):
    """Another program holds apt's locks, such as the image's automatic updates after a boot."""


class Refusal(Failure):
    """A retry would fail again."""


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
            code, detail = read_problem(error)
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
        """Returns the manifest's entry with this name."""
        self.manifest = self.manifest or self.ask_for_manifest()
        return self.manifest[name]

    def ask_for_manifest(self):
        arch = ARCHITECTURES.get(platform.machine(), platform.machine())
        with self.open(f"v1/machine/manifest?arch={arch}") as answer:
            check_address(answer.url)
            try:
                files = {file["name"]: file for file in json.load(answer)["files"]}
                for name in ("node", "responder.mjs"):
                    # The digest becomes a folder's name.
                    int(files[name]["sha256"], 16)
                return files
            except (ValueError, TypeError, KeyError) as error:
                raise Failure(f"{self.url} answered no manifest; is it this server?") from error


def log(line):
    """Prints to the console, which the operator can read at the provider if a machine does not come up."""
    print(f"Deferred Runner: {line}", flush=True)


progress_at = 0


def note_progress():
    """Extends the unit's start timeout, so that it applies to a set-up without progress only."""
    global progress_at
    progress_at = time.monotonic()
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        message = f"EXTEND_TIMEOUT_USEC={STALLED_S * 1_000_000}"
        notify.sendto(message.encode(), re.sub("^@", "\0", address))


def read_problem(error):
    try:
        problem = json.load(error)
        return problem["code"], problem.get("detail") or problem["title"]
    except (ValueError, TypeError, KeyError, OSError):
        return None, error.reason


class Reports:
    """Sends progress to the server from a thread of its own, in order, so that no step waits for it."""

    def __init__(self, server, launch):
        self.server, self.launch = server, launch
        self.refusal = None
        self.waiting = queue.Queue()
        self.sender = threading.Thread(target=self.send_all, daemon=True)
        self.sender.start()

    def add(self, **progress):
        if self.launch:
            names = ("launch_id", "registration_token")
            self.waiting.put({**{name: self.launch[name] for name in names}, **progress})

    def next(self, last, since):
        """Returns the next report, or the last one again as a heartbeat if there was progress since it."""
        while True:
            try:
                return self.waiting.get(timeout=HEARTBEAT_S)
            except queue.Empty:
                if last and progress_at > since:
                    return last

    def send_all(self):
        progress = None
        while (progress := self.next(progress, time.monotonic())) is not None:
            try:
                self.server.open("v1/responder/progress", json.dumps(progress).encode()).close()
            except Refusal as refusal:
                self.refusal = refusal
            except (Failure, OSError, HTTPException) as error:
                # Only the reader's page shows reports: a lost one stops nothing.
                log(f"not reported: {error}")

    def finish(self, within_s):
        self.waiting.put(None)
        self.sender.join(within_s)


def retry(work, for_s):
    """Calls `work` with backoff until it succeeds, is refused, or has failed for `for_s` seconds."""
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
                # Waiting for a lock does not use up the time for retries.
                end += pause
                note_progress()
            if time.monotonic() + pause > end:
                raise Refusal(str(error)) from error
            log(f"again in {pause:.1f} s: {error}")
        time.sleep(pause)
        pause = min(2 * pause, 10)


def find_missing(packages):
    status = Path("/var/lib/dpkg/status").read_text(errors="replace")
    # Files are no proof: an interrupted installation has unpacked them, but not configured the package.
    installed = re.findall(r"^Package: (\S+)\nStatus: install ok installed$", status, re.M)
    return [name for name in packages if name not in installed]


def await_sources():
    """Waits for the stage in which cloud-init configures apt's mirrors; this began in an earlier one."""
    stage = ["systemctl", "start", "cloud-config.service"]
    try:
        subprocess.run(stage, stderr=subprocess.DEVNULL, timeout=LOCKED_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        log(f"cloud-init's configuration is not waited for: {error}")


def install(packages):
    await_sources()
    apt("dpkg", "--configure", "-a")
    if not LISTS.exists() or time.time() - LISTS.stat().st_mtime > LISTS_S:
        # Translated descriptions would double the download.
        apt("apt-get", "-q", "-o", "Acquire::Languages=none", "update")
        LISTS.touch()
    options = ["-q", "-y", "--no-install-recommends"]
    try:
        apt("apt-get", *options, "install", *find_missing(packages))
    except Locked:
        raise
    except Failure:
        # The lists may name versions that the mirror has removed.
        LISTS.unlink(missing_ok=True)
        raise


def apt(*command):
    """Runs a command of apt or dpkg, and raises the errors that it printed."""
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
                note_progress()
        errors.seek(0)
        lines = errors.read().strip().splitlines()
    if process.returncode == 0:
        return
    said = " ".join([line for line in lines if line.startswith("E: ")] or lines[-3:])[:300]
    failure = Locked if re.search(r"\block(ed)?\b", said) else Failure
    raise failure(f"{' '.join(command)} ended with {process.returncode}: {said}")


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


def allow_user_namespaces():
    """Ubuntu denies user namespaces to programs without an AppArmor profile; the sandbox needs them."""
    setting = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if setting.exists():
        setting.write_text("0")


def set_up(server, reports, languages, retry_s):
    reports.add(phase="booting")
    allow_user_namespaces()
    retry(lambda: server.file("node"), retry_s)
    # Each step: its name on the reader's page, whether its outcome exists, and the work.
    steps = [
        ("system packages", lambda: not find_missing(PACKAGES), lambda: install(PACKAGES)),
        ("Node", lambda: is_installed(server.file("node")), lambda: provide(server, "node")),
        ("languages", lambda: not find_missing(languages), lambda: install(languages)),
        (
            "responder",
            lambda: is_installed(server.file("responder.mjs")),
            lambda: provide(server, "responder.mjs"),
        ),
    ]
    for number, (name, is_done, do) in enumerate(steps, 1):
        if reports.refusal:
            raise reports.refusal
        if retry(is_done, retry_s):
            continue
        step = {"number": number, "of": len(steps), "name": name}
        log(f"setting up {number}/{len(steps)}: {name}")
        reports.add(phase="setting_up", step=step)
        retry(do, min(retry_s, RETRY_S))


def install_wanted():
    """
    Installs the packages that the responder asks for, and writes the outcome. The responder's file is not
    trusted: it may be a symbolic link, and only names that the settings offer are accepted.
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
        if find_missing(offered[name]):
            retry(lambda: install(offered[name]), RETRY_S)
    except Exception as failure:
        error = str(failure) or repr(failure)
    log(f"{name} was asked for: {error or 'installed'}")
    part = OUTCOME.with_suffix(".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"name": name, "error": error and error[:1000]}, file)
    part.rename(OUTCOME)


def stop(*_):
    raise Refusal("it was stopped: it took too long, or the machine goes away")


def main():
    signal.signal(signal.SIGTERM, stop)
    settings = json.loads(SETTINGS.read_text())
    launch = json.loads(LAUNCH.read_text()) if LAUNCH.exists() else None
    log(f"setting up this machine for {settings['server_url']}")
    reports = None
    try:
        server = Server(settings["server_url"])
        reports = Reports(server, launch)
        retry_s = launch["unreachable_s"] if launch else RETRY_S
        set_up(server, reports, settings["languages"], retry_s)
        log("this machine is set up")
        reports.finish(1)
    except Exception as error:
        if not isinstance(error, (Failure, OSError, HTTPException)):
            traceback.print_exc()
        log(f"the set-up failed, and the machine powers off: {error}")
        if reports:
            reports.add(phase="setting_up", failed=f"{error or repr(error)}"[:1000])
            reports.finish(10)
        sys.exit(1)


if sys.argv[1:] == ["packages"]:
    install_wanted()
else:
    main()
