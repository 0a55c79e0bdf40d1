"""The page "Reverse trajectories"."""
