"""Widgets that start from a value of ours, and a browser that has not heard of it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ElementTree


def fields() -> None:
    import streamlit as st

    from dashboard.link.widget_keys import key, widget

    st.number_input("Exponent", value=None, **widget("exponent", 4.5))
    st.select_slider("Steps", [2, 10, 50, 100], **widget("steps", 50))
    st.toggle("Grid", key=key("grid", True))
    key("grid", True)  # a second look, once it is on the page


def told(app: AppTest) -> list[bool]:
    """Whether the run tells the browser what each widget holds."""
    return [w.proto.set_value for w in (app.number_input[0], app.select_slider[0], app.toggle[0])]


def test_a_value_is_told_until_the_browser_has_it() -> None:
    app = AppTest.from_function(fields).run()
    assert told(app) == [True, True, True]
    unheard = app._tree = ElementTree()  # the browser shows nothing yet
    unheard._runner = app
    app.run()
    assert not app.exception
    assert told(app) == [True, True, True]
    assert app.number_input[0].proto.value == 4.5
    assert told(app.run()) == [False, False, False]


def test_an_emptied_field_stays_empty() -> None:
    app = AppTest.from_function(fields).run()
    app.number_input[0].set_value(None).run()
    assert app.number_input[0].value is None
    assert told(app) == [False, False, False]
