"""What a stack needs to be synced, looked at piece by piece.

In come a stack's settings, out go verdicts: what was seen, and how to mend what is wrong.
This room changes nothing, and it does not stop at the first thing that is broken.
"""

from gitops.delivery.doctor.examine import examine
from gitops.model.check import Check, Verdict

__all__ = ["Check", "Verdict", "examine"]
