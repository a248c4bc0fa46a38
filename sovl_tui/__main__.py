"""``python -m sovl_tui`` is ``sovl``."""

import sys

from sovl_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
