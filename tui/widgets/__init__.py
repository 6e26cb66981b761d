"""Widgets on Textual's Line API: each draws lines of the selectors and repaints only those that changed."""
