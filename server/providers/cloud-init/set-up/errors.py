"""Why a step fails."""


class Failure(Exception):
    """A step failed. A retry may succeed."""


class Locked(Failure):
    """Another program holds apt's locks, such as the image's automatic updates after a boot."""


class Refusal(Failure):
    """A retry would fail again."""
