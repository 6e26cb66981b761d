"""The realtime core of Courtside: tournament, wire, client and hub, without a terminal."""
