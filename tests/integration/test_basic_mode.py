"""The basic mode against an old server: watch and score, with what is not promised in plain words."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import AddScore, Score
from core.domain.ids import MatchId, TeamId, TournamentId
from core.realtime.realtime import open_realtime
from core.realtime.thread import realtime_in_thread
from core.realtime.view import LocalLine
from tests.support.commands import here
from tests.support.old_client import OldClient
from tests.support.old_server import OldServer
from tests.support.scorer import quick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.realtime.view import View
    from core.settings import Settings

T = TournamentId("summer")
M1 = MatchId("summer.m1")
CHANNEL = "tournament-summer"


@pytest.fixture
def server() -> Iterator[OldServer]:
    with OldServer() as running:
        yield running


def basic(data: Path, server: OldServer) -> Settings:
    return quick(data, server.url).model_copy(update={"enable_scalable_ws": False, "basic_tournaments": (T,)})


def score(view: View) -> Score | None:
    shown = view.tournaments.get(T)
    match = None if shown is None else shown.projected.matches.get(M1)
    return None if match is None else match.score


def begin(old: OldClient) -> None:
    teams = [{"id": "r", "name": "Reds"}, {"id": "b", "name": "Blues"}]
    old.tell(CHANNEL, "game-start", tournamentId=T, matchId="m1", gameType="points", teams=teams, startTime=0)


async def said(server: OldServer, *scores: int) -> None:
    """Wait until the server has heard exactly these scores, from whomever."""
    async with asyncio.timeout(10):
        while server.scores != list(scores):
            assert len(server.scores) <= len(scores), server.scores
            await asyncio.sleep(0.01)


async def test_old_clients_and_this_one_see_each_others_points_once(
    tmp_path: Path, server: OldServer
) -> None:
    async with open_realtime(basic(tmp_path, server)) as realtime:
        realtime.join_all()
        await realtime.wait_for(lambda _: server.subscribers(CHANNEL) == 1, 10)
        with OldClient.open(server.url, CHANNEL) as old:
            begin(old)
            old.score(T, "m1", "r", 1, 1)
            await realtime.wait_for(lambda view: score(view) == Score(1, 0), 10)
            entry = realtime.submit(AddScore(M1, TeamId("b"), 2))
            answer = await entry.confirmed(10)
            assert (answer.outcome, entry.state) == ("sent", "sent")
            assert "cannot be confirmed" in answer.reason
            heard = old.event("live-score")
            assert (heard["matchId"], heard["teamId"], heard["score"], heard["delta"]) == ("m1", "b", 2, 2)
            view = await realtime.wait_for(lambda view: score(view) == Score(1, 2), 10)
        assert view.connection.connected
        assert view.tournaments[T].live
        told = [line.text for line in view.feed.lines if isinstance(line, LocalLine)]
        assert any("basic mode" in text for text in told)
        assert [queued.state for queued in view.queue] == ["sent"]
        entry_id = entry.id
        realtime.retry(entry_id)
        await realtime.wait_for(lambda view: view.queue[0].attempts == 2 and not view.queue[0].waiting, 10)
        assert score(realtime.view) == Score(1, 2)
    await said(server, 1, 2, 2)


def test_the_commands_score_and_send_again(
    tmp_path: Path, server: OldServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURTSIDE_ENABLE_SCALABLE_WS", "false")
    monkeypatch.setenv("COURTSIDE_BASIC_TOURNAMENTS", T)
    shared = ("--hub", server.url, "--data", tmp_path, "--json")
    with OldClient.open(server.url, CHANNEL) as old, ThreadPoolExecutor(1) as others:

        def play() -> None:
            while server.subscribers(CHANNEL) < 2:
                time.sleep(0.02)
            begin(old)
            old.score(T, "m1", "r", 1, 1)

        with realtime_in_thread(basic(tmp_path, server)) as realtime:
            realtime.join_all()
            played = others.submit(play)
            realtime.wait_until(lambda view: score(view) == Score(1, 0), 10)
            played.result(10)
        old.settle()
        entered = here("score", "m1", "reds", "1", *shared)
        assert entered.code == 75, "sent, and not confirmed"
        said = json.loads(entered.out)
        assert said["state"] == "sent"
        assert old.event("live-score")["score"] == 2
        (listed,) = json.loads(here("queue", "list", *shared).out)["entries"]
        assert "cannot be confirmed" in listed["reason"]
        again = here("queue", "retry", said["id"], *shared)
        assert (again.code, json.loads(again.out)["attempts"]) == (75, 2)
        heard = old.event("live-score")
        assert (heard["score"], heard["delta"]) == (2, 1)


def test_watch_prints_what_an_old_server_tells(
    tmp_path: Path, server: OldServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURTSIDE_ENABLE_SCALABLE_WS", "false")
    monkeypatch.setenv("COURTSIDE_BASIC_TOURNAMENTS", T)
    with OldClient.open(server.url, CHANNEL) as old, ThreadPoolExecutor(1) as others:

        def play() -> None:
            while server.subscribers(CHANNEL) < 2:
                time.sleep(0.02)
            begin(old)
            for points in (1, 2, 3):
                old.score(T, "m1", "r", points, 1)

        played = others.submit(play)
        watched = here("watch", T, "--until-seq", "4", "--hub", server.url, "--data", tmp_path, "--json")
        played.result(10)
    lines = [json.loads(line) for line in watched.out.splitlines()]
    assert [(line["type"], line["delta"]) for line in lines] == [("points_added", 1)] * 3


async def test_what_was_sent_is_not_sent_again_when_the_server_comes_back(
    tmp_path: Path, server: OldServer
) -> None:
    async with open_realtime(basic(tmp_path, server)) as realtime:
        realtime.join_all()
        await realtime.wait_for(lambda _: server.subscribers(CHANNEL) == 1, 10)
        with OldClient.open(server.url, CHANNEL) as old:
            begin(old)
            await realtime.wait_for(lambda view: score(view) == Score(0, 0), 10)
        await realtime.submit(AddScore(M1, TeamId("r"), 1)).confirmed(10)
        await asyncio.to_thread(server.stop)
        await realtime.wait_for(lambda view: not view.connection.connected, 10)
        offline = realtime.submit(AddScore(M1, TeamId("r"), 1))
        await offline.saved(10)
        await asyncio.to_thread(server.start)
        assert (await offline.confirmed(20)).outcome == "sent"
    await said(server, 1, 2)


async def test_what_was_learnt_is_there_after_a_restart_and_replaces_no_hubs_copy(
    tmp_path: Path, server: OldServer
) -> None:
    settings = basic(tmp_path, server)
    async with open_realtime(settings) as realtime:
        realtime.join_all()
        await realtime.wait_for(lambda _: server.subscribers(CHANNEL) == 1, 10)
        with OldClient.open(server.url, CHANNEL) as old:
            begin(old)
            old.score(T, "m1", "r", 3, 3)
            await realtime.wait_for(lambda view: score(view) == Score(3, 0), 10)
    async with open_realtime(settings) as realtime:
        assert score(realtime.view) == Score(3, 0)
        realtime.join_all()
        await realtime.wait_for(lambda view: view.tournaments[T].live, 10)
        entry = realtime.submit(AddScore(M1, TeamId("r"), 1))
        assert (await entry.confirmed(10)).outcome == "sent"
        await said(server, 3, 4)
    async with open_realtime(settings.model_copy(update={"enable_scalable_ws": True})) as realtime:
        assert T not in realtime.view.tournaments
    with closing(sqlite3.connect(tmp_path / "client" / "archive.sqlite3")) as archive:
        tables = [name for (name,) in archive.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = archive.execute(f"SELECT * FROM {table}").fetchall()
            assert not [row for row in rows if any("basic-" in str(value) for value in row)], table
