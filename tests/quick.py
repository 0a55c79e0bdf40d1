"""Settings with which a page's work is small."""

from urllib.parse import urlencode

QUICK = {
    "trajectories": {"particles": "200"},
    "forward": {"particles": "200"},
    "compare": {"particles": "200"},
    "convergence": {"from": "8", "to": "16"},
    "schedule_design": {"T": "5"},
}
SMALL = {page: urlencode(settings) for page, settings in QUICK.items()}  # as a link says it
