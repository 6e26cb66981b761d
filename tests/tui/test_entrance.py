"""The dialogs at the door, over a real hub that asks everybody for a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.hub import owner_token
from core.realtime.disk.keyring import Keyring
from core.settings import Settings
from tests.support import desks
from tests.support.console import Console, opened
from tests.support.hub import HubProcess
from tui.doors import Doors, own_addresses

CODE = re.compile(r"[2-9A-Y]{4}-[2-9A-Y]{4}")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub"), options={"require_token": True}) as started:
        yield started


def owner(hub: HubProcess, addresses: tuple[str, ...] = ()) -> Doors:
    """Return the doors as the hub's owner has them."""
    settings = Settings(data=hub.data, ws_url=(hub.url,), token=owner_token(hub.data))
    return Doors(settings, addresses)


def laptop(hub: HubProcess, data: Path) -> Doors:
    """Return the doors as another laptop has them."""
    return Doors(Settings(data=data, ws_url=(hub.url,), name="bo"))


async def type_in(console: Console, text: str) -> None:
    await console.press(*("minus" if letter == "-" else letter for letter in text))


async def test_a_code_signs_in_and_the_console_goes_on(hub: HubProcess, tmp_path: Path) -> None:
    code = owner(hub).invite("moderator").code
    desk = desks.offline()
    async with opened(desk, doors=laptop(hub, tmp_path)) as console:
        await console.press("i")
        await console.wait_for("Sign in")
        await console.press("enter")
        await console.wait_for("Enter the code that ops gave you")
        await type_in(console, "AAAA-AAAA")
        await console.press("enter")
        await console.wait_for("that code opens nothing")
        await console.press("home", "shift+end", "delete")
        await type_in(console, code.lower())
        await console.press("enter")
        await console.wait_for("Signed in as bo until ")
        assert desk.reconnects == 1
    signed = Keyring(tmp_path).sign_in(hub.url)
    assert signed is not None
    assert signed.role == "moderator"


async def test_signing_in_may_be_left(hub: HubProcess, tmp_path: Path) -> None:
    desk = desks.lively()
    async with opened(desk, doors=laptop(hub, tmp_path)) as console:
        for how in ("escape", "tab"):
            await console.press("i")
            await console.wait_for("join code")
            await console.press(how, *(["enter"] if how == "tab" else []))
            await console.wait_without("join code")
        assert desk.reconnects == 0


async def test_a_hub_that_does_not_answer_is_told(tmp_path: Path) -> None:
    doors = Doors(Settings(data=tmp_path, ws_url=("ws://127.0.0.1:9",)))
    async with opened(desks.offline(), doors=doors) as console:
        await console.press("i")
        await type_in(console, "aaaa")
        await console.press("enter")
        await console.wait_for("cannot reach ws://127.0.0.1:9")


async def test_ops_let_somebody_in(hub: HubProcess) -> None:
    doors = owner(hub, ("ws://192.0.2.10:8765",))
    async with opened(desks.lively(), (120, 40), doors=doors) as console:
        await console.press("I")
        text = await console.wait_for("Let somebody in")
        assert "courtside --hub ws://192.0.2.10:8765" in text
        await console.press("tab", "enter")
        first = await console.wait_for(lambda: CODE.search(console.text()))
        assert "for one scorekeeper, once, until " in first
        await console.press("right", "enter")
        await console.wait_for("for one viewer, once")
        await console.press("escape")
        await console.wait_without("Let somebody in")


async def test_a_shared_console_opens_with_a_code(hub: HubProcess) -> None:
    settings = Settings(data=hub.data, ws_url=(hub.url,), token=owner_token(hub.data))
    doors = Doors(settings, own_addresses(8765), opens_with_code=True)
    async with opened(desks.lively(), (120, 40), doors=doors) as console:
        await console.wait_for(lambda: CODE.search(console.text()))


async def test_who_is_not_ops_is_told(hub: HubProcess, tmp_path: Path) -> None:
    desk = desks.lively()
    desk.role = "moderator"
    desk.connect("live")
    async with opened(desk, doors=laptop(hub, tmp_path)) as console:
        await console.press("I")
        await console.wait_for("Only ops let others in")


async def test_a_hub_for_this_machine_alone_says_how_to_open_it(hub: HubProcess) -> None:
    async with opened(desks.lively(), (120, 40), doors=owner(hub)) as console:
        await console.press("I")
        await console.wait_for("This hub answers to this machine alone")


async def test_a_console_with_a_token_of_its_own_says_that_it_counts_more(
    hub: HubProcess, tmp_path: Path
) -> None:
    code = owner(hub).invite("moderator").code
    doors = Doors(Settings(data=tmp_path, ws_url=(hub.url,), token="old"))
    async with opened(desks.offline(), (120, 40), doors=doors) as console:
        await console.press("i")
        await type_in(console, code.lower())
        await console.press("enter")
        await console.wait_for("Start again without the token")


def test_addresses_are_those_that_others_can_use() -> None:
    assert all(address.startswith("ws://") and "127.0.0.1" not in address for address in own_addresses(1))
    assert Doors(Settings(ws_url=("ws://localhost:1", "ws://hub.example:2"))).addresses == (
        "ws://hub.example:2",
    )
