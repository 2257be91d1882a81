"""`python -m lib_inpaint` is `inpaint-anything`."""

import sys

from .app.cli import main

if __name__ == "__main__":
    sys.exit(main())
