"""Rooms: their states and logs, who is in them, and what each may know. Pure."""
