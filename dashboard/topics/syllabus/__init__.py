"""The page "Syllabus"."""
