"""Links: endpoints, the pool of links to them, and which link carries which room. Pure."""
