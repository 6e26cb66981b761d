"""The outbox: this device's entries, from the key press to the hub's answer. Pure."""
