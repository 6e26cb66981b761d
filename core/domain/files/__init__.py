"""Files: every format that a tournament comes in by or goes out by."""
