"""Every module of page tests starts with nothing remembered, and nothing kept on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import streamlit as st

from dashboard.compute.disk import VARIABLE

os.environ[VARIABLE] = "off"


@pytest.fixture(autouse=True, scope="module")
def _own_caches() -> Iterator[None]:
    yield
    st.cache_resource.clear()
