"""The project's own ground truth, to be run in front of a reader: every check and what it finds.

from diffusion_core.verification import CHECKS, run
for check in CHECKS:
    print(check.title, run(check).holds)
"""

from diffusion_core.verification.catalogue import CHECKS, checks_of
from diffusion_core.verification.faults import FAULTS
from diffusion_core.verification.record import Check, Part, Result, run

__all__ = ["CHECKS", "FAULTS", "Check", "Part", "Result", "checks_of", "run"]
