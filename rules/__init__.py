"""Decide: pure rules. No clock, no network, no disk beyond bundled data, no logging, no randomness."""
