"""``python -m deploy.health``: exit status 0 where the dashboard answers through its proxy."""

from __future__ import annotations

import os
import sys

from deploy.plan import Trouble, plan
from deploy.serve import healthy

if __name__ == "__main__":
    try:
        sys.exit(0 if healthy(plan(os.environ).port) else 1)
    except Trouble as trouble:
        sys.exit(str(trouble))
