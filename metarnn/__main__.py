"""``python -m metarnn`` is the command ``metarnn``."""

import sys

from metarnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
