"""Tells the console, systemd and the server how the set-up goes on."""

import json
import os
import queue
import re
import socket
import threading
import time
from http.client import HTTPException

from errors import Failure, Refusal

# systemd stops the set-up after this time without progress.
STALLED_S = 300
# The server gives up a silent launch, so a long step is reported again after this.
HEARTBEAT_S = 60


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
