"""How long until the next try."""

import random
from collections.abc import Sequence
from datetime import timedelta

JITTER = 0.2  # of the pause, either way: a hundred messages that failed together do not come back together


def after_failure(ladder: Sequence[timedelta], tries: int) -> timedelta | None:
    """The pause after so many tries, or None when the ladder is climbed."""
    if tries > len(ladder):
        return None
    return ladder[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (no secret)


def rungs(*seconds: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=one) for one in seconds)
