"""``python -m majlis``: the same program as ``majlis``."""

import sys

from majlis.main import main

sys.exit(main())
