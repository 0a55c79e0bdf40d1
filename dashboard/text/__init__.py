"""Words: labels, and sentences that read a figure from its own numbers."""
