"""Pads to draw a target on: a density over columns on the line, or points in the plane.

from dashboard.sketch import sketch_line, sketch_plane

boxes = sketch_line(current=None, key="sketch")  # None until something is drawn
"""

from dashboard.sketch.component import sketch_line, sketch_plane

__all__ = ["sketch_line", "sketch_plane"]
