"""``python -m ledger`` and the single-file ``ledger.pyz``."""

import sys

from ledger.cli import main

if __name__ == "__main__":
    sys.exit(main())
