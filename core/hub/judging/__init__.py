"""Judging: what becomes of every entry, in which order, and of what other hubs and epochs bring. Pure."""
