"""Rooms: what is followed, how far it was seen, who is in it, and who hears of it. Pure."""
