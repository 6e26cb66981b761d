"""The terminal console of Courtside: commands, screens and widgets over `core`."""
