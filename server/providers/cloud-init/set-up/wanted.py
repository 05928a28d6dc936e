"""Installs the packages that the responder asks for, since it may not install any."""

import json
import os
import subprocess
from pathlib import Path

from errors import Refusal
from packages import find_missing, install
from progress import log
from retry import RETRY_S, retry

# The responder writes a name to WANTED, and OUTCOME has the answer.
WANTED = Path("/var/lib/deferred/packages.wanted")
OUTCOME = Path("/var/lib/deferred/packages.done")
# Sandboxes start these services themselves; the machine's own would only use memory.
MASKED = ["postgresql", "redis-server", "mariadb", "memcached"]


def install_wanted(settings):
    """
    Installs the packages that the responder asks for, and writes the outcome. The responder's file is not
    trusted: it may be a symbolic link, and only names that the settings offer are accepted.
    """
    with open(os.open(WANTED, os.O_RDONLY | os.O_NOFOLLOW)) as file:
        name = file.read(100).strip()
    WANTED.unlink()
    error = None
    try:
        offered = json.loads(settings.read_text())["offered"]
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
