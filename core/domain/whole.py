"""Whole numbers that every codec carries, so that what was taken in can always be sent on."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

Whole: TypeAlias = Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""What JSON's readers hold exactly (RFC 8259, section 6); checked where a message or file is decoded."""
