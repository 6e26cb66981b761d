"""The log: what was judged, made durable in rounds, and read again."""
