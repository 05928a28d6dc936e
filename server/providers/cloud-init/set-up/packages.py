"""Installs Debian's packages with apt."""

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from errors import Failure, Locked, Refusal
from progress import log, note_progress
from retry import LOCKED_S

# Its time of change is when this boot loaded apt's package lists. They expire after LISTS_S.
LISTS = Path("/run/deferred-lists")
LISTS_S = 3600


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
