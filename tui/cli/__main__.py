"""`python -m tui.cli`: the commands where no script is installed, and how the console starts its own hub."""

from __future__ import annotations

import sys

from tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
