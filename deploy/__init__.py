"""Serving the dashboard to a class: docs/serving.md."""
