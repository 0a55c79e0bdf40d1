"""Every module of page tests starts with nothing remembered, and nothing kept on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import streamlit as st

from dashboard.compute.work import WORKERS
from dashboard.kept_file import VARIABLE

os.environ[VARIABLE] = "off"
os.environ[WORKERS] = "0"  # in the process of the test, unless it starts its own


@pytest.fixture(autouse=True, scope="module")
def _own_caches() -> Iterator[None]:
    yield
    st.cache_resource.clear()
