"""The gallery of targets: a small picture of every law, to choose from.

from dashboard.gallery import pick_preset

name = pick_preset(1, current="three-modes", key="preset 1")
"""

from dashboard.gallery.component import pick_preset

__all__ = ["pick_preset"]
