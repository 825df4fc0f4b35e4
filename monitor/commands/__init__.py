"""One file for each command of ``harken``; found by name, imported when called."""
