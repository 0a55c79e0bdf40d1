"""What the tests of computing share: a server's own workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from dashboard.compute import work


@pytest.fixture
def two_workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(work.WORKERS, "2")
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()
