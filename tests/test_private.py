"""The server asks nobody and tells nobody; what pages ask is in ``browser/test_served.py``."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.test_requirements import ROOT

STARTED = """
import json
from streamlit import config, net_util
asked = []
net_util.get_external_ip = lambda: asked.append("external IP")
config.get_config_options(force_reparse=True, options_from_flags={"server.headless": True})
from streamlit.web import bootstrap
bootstrap._print_url(is_running_hello=False)
print(json.dumps([asked, config.get_option("browser.gatherUsageStats")]))
"""


def test_at_its_start_it_asks_no_other_server_and_statistics_are_off():
    """As ``make run`` starts it on a machine without a screen."""
    said = subprocess.run(
        [sys.executable, "-c", STARTED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout.splitlines()[-1]) == [[], False]
    assert "http://localhost:" in said.stdout
