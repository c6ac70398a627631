"""``python -m website`` is the command ``book``."""

import sys

from website.cli import main

if __name__ == "__main__":
    sys.exit(main())
