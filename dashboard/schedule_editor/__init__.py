"""A noise schedule drawn by hand: a falling curve of log-SNR through handles.

``curve`` turns handles and lists of abar into a ``Custom`` schedule and back, ``component`` shows
the handles, and ``editing`` puts what the reader does into the experiment.
"""

from dashboard.schedule_editor.editing import choose_length, schedule_editor

__all__ = ["choose_length", "schedule_editor"]
