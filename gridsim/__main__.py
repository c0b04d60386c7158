"""`python -m gridsim` is the command `gridsim`."""

import sys

from gridsim.cli import main

if __name__ == "__main__":
    sys.exit(main())
