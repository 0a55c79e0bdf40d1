"""Every module of page tests starts with nothing remembered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st


@pytest.fixture(autouse=True, scope="module")
def _own_caches() -> Iterator[None]:
    yield
    st.cache_resource.clear()
