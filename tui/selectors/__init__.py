"""Selectors: from the newest view to the rows and labels of each screen, as frozen values.

Pure: they know no widget and no clock. What a screen draws is what they return, and plain output prints the
same.
"""
