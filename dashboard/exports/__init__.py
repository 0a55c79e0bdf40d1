"""What a reader takes away: numbers of a figure, a notebook, how to cite."""
