"""An old server, taken for a hub as far as that goes: the basic mode. Pure."""
