"""Times of day as a person types them: read in the zone of the wall clock, kept in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, time

TIME_HELP = "Write a time as 14:20, or with its day as 2026-06-14 14:20; leave it empty for none"


def readable(typed: str, now: datetime) -> bool:
    """Tell whether a time can be read."""
    try:
        read_time(typed, now)
    except ValueError:
        return False
    return True


def read_time(typed: str, now: datetime) -> datetime | None:
    """Return the time that a person means, UTC; `None` for none.

    Args:
        typed: a time of day, or with its date before it.
        now: the wall clock: its zone and, where none is given, its day are meant.

    Raises:
        ValueError: it cannot be read.
    """
    if not typed.strip():
        return None
    day, _, clock = typed.strip().rpartition(" ")
    date = datetime.fromisoformat(day.strip()).date() if day else now.date()
    return datetime.combine(date, time.fromisoformat(clock), now.tzinfo).astimezone(UTC)
