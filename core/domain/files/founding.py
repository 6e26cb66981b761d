"""The id of the entry that makes a tournament out of a file: it follows from the plan.

So the same file brought twice, by whoever and over whatever way, makes the tournament once.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from core.domain.ids import CommandId

if TYPE_CHECKING:
    from core.domain.plan import Plan


def founding_id(plan: Plan) -> CommandId:
    """Return the id of the entry that makes this tournament: the same for the same content."""
    return CommandId(f"plan-{blake2b(msgspec.json.encode(plan), digest_size=16).hexdigest()}")
