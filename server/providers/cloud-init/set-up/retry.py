"""Repeats a failed step."""

import errno
import time
from http.client import HTTPException

from errors import Failure, Locked, Refusal
from progress import log, note_progress

# Retries of a failing step end after this.
RETRY_S = 120
# Retries end after this if another program holds apt's locks.
LOCKED_S = 600


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
