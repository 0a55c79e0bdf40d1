"""What the tests of pages share: a visit through app.py, and what the page then says."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

from streamlit.testing.v1 import AppTest

from dashboard.link.permalink import encode
from diffusion_core import Experiment


def visit(page: str, experiment: Experiment | str | None = None, **settings: str) -> AppTest:
    """The page after its first run, with this link."""
    app = AppTest.from_file("../../app.py", default_timeout=60)
    if page != "home":
        app.switch_page(f"pages/{page}.py")
    if isinstance(experiment, Experiment):
        experiment = encode(experiment)
        assert experiment is not None
    if experiment is not None:
        app.query_params["e"] = experiment
    for name, value in settings.items():
        app.query_params[name] = value
    return app.run()


def calm(app: AppTest) -> AppTest:
    """Itself, if nothing went wrong and nothing was complained about."""
    assert not app.exception
    assert not app.error
    return app


def said(app: AppTest) -> str:
    return " ".join(m.value for m in app.markdown)


def address(app: AppTest) -> dict[str, str]:
    """The settings in the address bar."""
    return {k: v if isinstance(v, str) else v[0] for k, v in app.query_params.items()}


def python(app: AppTest) -> str:
    """The page's Python."""
    return next(str(c.value) for c in reversed(app.code) if c.language == "python")


def printed(app: AppTest) -> list[str]:
    """What the page's Python prints."""
    out = io.StringIO()
    with redirect_stdout(out):
        exec([c.value for c in app.code if c.language == "python"][-1], {})
    return out.getvalue().splitlines()
