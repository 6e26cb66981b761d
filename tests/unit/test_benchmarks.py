"""The measuring tools themselves: what counts wrongly would report wrongly."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.benchmarks.contest import Benchmark, Contestant, Figures, contest, report
from tests.benchmarks.frames import BINARY, TEXT, Client
from tests.benchmarks.paint import counted
from tests.benchmarks.recorder import Recorder, recorded

ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
FRAMES = (
    (b"\x81\x02hi", (TEXT, b"hi")),
    (b"\x82\x7e\x01\x00" + bytes(256), (BINARY, bytes(256))),
    (b"\x82\x7f" + (70_000).to_bytes(8, "big") + bytes(70_000), (BINARY, bytes(70_000))),
    (b"\x81\x00", (TEXT, b"")),
)


@pytest.mark.parametrize("step", [1, 7, 300, 100_000])
async def test_the_counting_client_reads_frames_however_they_are_cut(step: int) -> None:
    seen: list[tuple[int, bytes]] = []
    client = Client(b"", lambda _, opcode, payload: seen.append((opcode, payload)))
    data = ACCEPTED + b"".join(frame for frame, _ in FRAMES)
    for start in range(0, len(data), step):
        client.data_received(data[start : start + step])
    assert client.open.done()
    assert seen == [expected for _, expected in FRAMES]


async def test_the_counting_client_says_what_a_server_refused() -> None:
    client = Client(b"", lambda *_: None)
    client.data_received(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    with pytest.raises(ConnectionError, match="403"):
        await client.open


def contestant(name: str, value: float, order: list[str], aim: float | None = None) -> Contestant:
    """Return one that measures the same value each time and notes when it ran."""

    def run() -> Figures:
        order.append(name)
        return {"deliveries": value}

    return Contestant(name, ("pytest",), run, aim)


def test_contestants_alternate_and_are_set_against_courtside() -> None:
    order: list[str] = []
    ours, peer = contestant("courtside", 300, order), contestant("peer", 100, order, aim=2)
    benchmark = Benchmark("speed", "deliveries", (ours, peer))
    text = report(benchmark, contest(benchmark, rounds=2))
    assert order == ["courtside", "peer", "peer", "courtside"]
    assert "courtside is 3.00x (3.00 - 3.00), aim 2x" in text


def test_a_peer_that_is_not_installed_sits_out(capsys: pytest.CaptureFixture[str]) -> None:
    absent = Contestant("absent", ("no-such-package",), lambda: {"deliveries": 1})
    assert contest(Benchmark("speed", "deliveries", (absent,)), rounds=1) == []
    assert "no-such-package is not installed" in capsys.readouterr().err


def test_a_press_is_drawn_by_the_write_that_shows_it() -> None:
    recorder = Recorder(
        master=-1,
        pid=0,
        chunks=[(1.0, b"pressed 0"), (2.01, b"\rpress"), (2.03, b"ed 1"), (3.02, b"\rpressed 2")],
        presses=[2.0, 3.0],
    )
    assert recorder.latencies(counted(r"pressed (\d+)")) == pytest.approx([0.03, 0.02])


def test_a_press_that_is_never_drawn_is_an_error() -> None:
    recorder = Recorder(master=-1, pid=0, chunks=[(1.0, b"pressed 0")], presses=[0.5])
    with pytest.raises(RuntimeError, match="never drawn"):
        recorder.latencies(counted(r"pressed (\d+)"))


def test_a_program_is_recorded_in_a_terminal_of_its_own() -> None:
    program = "import os; print(os.get_terminal_size(), input())"
    with recorded([sys.executable, "-c", program], {}) as opened:
        opened.press("hello\r")
        opened.wait_for("columns=120, lines=40.* hello")


async def test_the_counting_client_ends_a_handshake_that_is_cut_off() -> None:
    client = Client(b"", lambda *_: None)
    client.connection_lost(None)
    with pytest.raises(ConnectionError, match="handshake"):
        await asyncio.wait_for(client.open, 1)
