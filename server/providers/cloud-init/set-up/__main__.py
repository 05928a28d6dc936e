"""
Makes this machine a responder. Runs at every boot and is idempotent: it skips each step whose outcome
exists, so the next boot completes an interrupted set-up.

The server's manifest names the files that a machine needs; apt installs Debian's packages. If a step
fails for good, this reports the reason to the server and exits with 1, and systemd powers the machine off.

User data embeds these files, within EC2's 16 kB. Python runs the folder, so they import one another
although `python3 -I` adds nothing else to the path.
"""

import json
import signal
import sys
import traceback
from http.client import HTTPException
from pathlib import Path

from errors import Failure, Refusal
from files import is_installed, provide
from packages import find_missing, install
from progress import Reports, log
from retry import RETRY_S, retry
from server import Server
from wanted import install_wanted

SETTINGS = Path("/etc/deferred/set-up.json")
LAUNCH = Path("/etc/deferred/launch.json")
PACKAGES = ["bubblewrap", "ca-certificates", "libatomic1"]


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
    install_wanted(SETTINGS)
else:
    main()
