"""Texts that would act on a terminal, in every place of a message that takes a text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")

ESCAPES = "\x1b[2J\x1b]0;x\x07\x9b31m\u202egnp\u200b\x00"
"""Clears a screen, names its window, colours, turns letters round, hides one, ends a text in C."""
MARKUP = "[b][@click=app.quit]x[/]<script>a()</script>"
"""What the console and a browser would each act on."""
TEXT = ESCAPES + MARKUP
SAFE = frozenset("\n")
"""Of the characters that do not print, those that a command may write."""


def acting(printed: str) -> set[str]:
    """Return the characters of an output that a terminal would act on, or that would mislead a reader."""
    return {char for char in printed if not char.isprintable()} - SAFE


def hostile(kind: type[T], **known: object) -> T:
    """Return a message of a kind in which every text is hostile, but for the fields that are known."""
    made = _value(inspect.type_info(kind))
    assert isinstance(made, dict)
    return msgspec.convert(made | known, kind)


def _value(info: inspect.Type) -> object:  # noqa: C901 -- a row a type
    match info:
        case inspect.StructType(fields=fields, tag=tag, tag_field=tag_field, array_like=array_like):
            values = {field.encode_name: _value(field.type) for field in fields}
            if array_like:
                return list(values.values())
            return values if tag_field is None else {tag_field: tag} | values
        case inspect.UnionType(types=types):
            return _value(next(one for one in types if not isinstance(one, inspect.NoneType)))
        case inspect.VarTupleType(item_type=item):
            return [_value(item)]
        case inspect.TupleType(item_types=items):
            return [_value(item) for item in items]
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.DateTimeType():
            return datetime.now(UTC)
        case inspect.BytesType():
            return TEXT.encode()
        case inspect.IntType() | inspect.FloatType():
            return 1
        case inspect.BoolType():
            return False
        case inspect.StrType():
            return TEXT
        case inspect.DictType(key_type=key, value_type=value):
            return {_value(key): _value(value)}
        case _:
            raise TypeError(f"no hostile value of {info}")
