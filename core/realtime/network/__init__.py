"""Network: the shells that dial and ask, by WebSocket and by HTTP."""
