"""How many files of a session the server keeps: Streamlit keeps all, until the session ends.

A browser takes back a file that is replaced, but not one of a page that was left, nor one that was
sent past the page. Each has at most ``server.maxUploadSize`` megabytes, so that is bounded, too.
"""

from __future__ import annotations

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

MOST_FILES = 8  # of a session; a page shows three places for one at most


def keep_few() -> None:
    """From now on the server keeps the latest files of a session, and forgets those before."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        bound(context.uploaded_file_mgr)


def bound(manager: MemoryUploadedFileManager) -> None:
    """Let ``manager`` keep MOST_FILES of each session, once and for all."""
    if "add_file" in vars(manager):
        return
    add = manager.add_file

    def add_and_forget(session_id: str, file: UploadedFileRec) -> None:
        add(session_id, file)
        kept = list(manager.file_storage.get(session_id, ()))
        for old in kept[:-MOST_FILES]:
            manager.remove_file(session_id, old)

    manager.add_file = add_and_forget  # type: ignore[method-assign]
