"""Every figure of the dashboard, as Plotly figures; ``style`` is their common look."""
