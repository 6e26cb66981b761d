"""Text from outside, made safe where it enters the program.

Guarantees that what `clean` returns holds only printable characters and single spaces: no
control character (C0, C1, DEL), no bidirectional override, nothing of zero width that could
hide a word (Unicode categories Cc, Cf, Cs, Co, Cn). Whether it may be markup is the screen's affair.
"""

from __future__ import annotations

MAX_NAME = 80
"""Longest name of a person, team, court or stage, in characters."""
MAX_TEXT = 500
"""Longest free text (a reason, a notice), in characters."""


def clean(text: str, longest: int = MAX_NAME) -> str:
    """Return `text` with each unsafe character as `?`, white space as one space, cut to `longest`.

    Cleaning a clean text returns it unchanged.
    """
    if text.isprintable() and len(text) <= longest and text.strip() == text:
        return text
    spaced = " ".join(text.split())[:longest].rstrip()
    return "".join(char if char.isprintable() else "?" for char in spaced)
