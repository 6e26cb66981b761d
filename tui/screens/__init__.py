"""The screens of the console, each drawing what its selectors make of the newest view."""
