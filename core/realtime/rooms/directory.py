"""The directory: which tournaments each hub says it holds, and in which epoch.

Remembers what each link said while it is open, and what each endpoint showed last, also after that. Decides
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.domain.ids import Epoch, TournamentId
    from core.realtime.effects import LinkId
    from core.wire.messages import Listing


class Directory:
    """What all hubs hold."""

    def __init__(self) -> None:
        self._listings: dict[LinkId, dict[TournamentId, Listing]] = {}
        self._epochs: dict[LinkId, dict[TournamentId, Epoch | None]] = {}
        """With tournaments of which a link said no more than that they are there."""
        self._shown: dict[str, dict[TournamentId, Epoch]] = {}

    def receive(self, link: LinkId, endpoint: str, listings: Sequence[Listing]) -> None:
        """Take a hub's list: it replaces what that link said before."""
        self._listings[link] = {listing.id: listing for listing in listings}
        self._epochs[link] = {listing.id: listing.epoch for listing in listings}
        self._shown[endpoint] = {listing.id: listing.epoch for listing in listings}

    def note(self, link: LinkId, endpoint: str, tournament: TournamentId, epoch: Epoch | None) -> None:
        """Take note that a hub holds a tournament.

        Args:
            link: the link by which that showed.
            endpoint: where that goes.
            tournament: which.
            epoch: in which epoch; `None` where that did not show.
        """
        self._epochs.setdefault(link, {})[tournament] = epoch
        if epoch is not None:
            self._shown.setdefault(endpoint, {})[tournament] = epoch

    def forget(self, link: LinkId) -> None:
        """Drop what a link said: it has ended."""
        self._listings.pop(link, None)
        self._epochs.pop(link, None)

    def held(self, link: LinkId) -> Collection[TournamentId]:
        """Return the tournaments that the hub behind a link holds."""
        return self._epochs.get(link, {}).keys()

    def anywhere(self) -> frozenset[TournamentId]:
        """Return the tournaments that any hub with an open link holds."""
        return frozenset(tournament for held in self._epochs.values() for tournament in held)

    def epoch(self, link: LinkId, tournament: TournamentId) -> Epoch | None:
        """Return the epoch that a link shows of a tournament; `None` if it has shown none."""
        return self._epochs.get(link, {}).get(tournament)

    def showing(self, tournament: TournamentId, epoch: Epoch) -> list[str]:
        """Return the endpoints that showed this epoch of a tournament when last they showed any."""
        return [address for address, shown in self._shown.items() if shown.get(tournament) == epoch]

    def merged(self) -> tuple[Listing, ...]:
        """Return all that open links list, each tournament once: as the oldest link lists it, or newer."""
        merged: dict[TournamentId, Listing] = {}
        for listings in self._listings.values():
            for id, listing in listings.items():
                known = merged.get(id)
                if known is None or (known.epoch == listing.epoch and known.seq < listing.seq):
                    merged[id] = listing
        return tuple(merged.values())
