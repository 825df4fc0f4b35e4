"""How Hypothesis looks for counter-examples here: without a time limit an example, for two cores may be shared."""

from hypothesis import settings

settings.register_profile("harken", deadline=None)
settings.load_profile("harken")
