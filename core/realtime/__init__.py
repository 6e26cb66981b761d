"""The client side: machines that decide (session, pool, outbox, rooms, engine), and shells that do (link, polling, journal, client)."""
