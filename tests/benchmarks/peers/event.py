"""The event that peers send: about 250 bytes of JSON, what Courtside's own event says."""

from __future__ import annotations

import json


def as_value(seq: int) -> dict[str, object]:
    """Return one event as a peer's program would hold it."""
    return {
        "seq": seq,
        "command": f"0197c2f0-8a4e-7d31-b5a2-{seq:012d}",
        "type": "points_added",
        "match": f"bench.m{seq % 200:03d}",
        "team": f"t{seq % 400:03d}",
        "delta": 1,
        "scores": [seq % 90, seq % 70],
        "by": "Ada",
        "device": "laptop-3",
        "entered_at": "2026-06-14T21:04:05.123456Z",
    }


def as_text(seq: int) -> str:
    """Return one event as a frame's text."""
    return json.dumps(as_value(seq), separators=(",", ":"))


def as_text_sent(seq: int, sent_at: float) -> str:
    """Return one event as a frame's text that begins with when it was sent, in monotonic seconds."""
    return json.dumps({"sent": sent_at} | as_value(seq), separators=(",", ":"))
