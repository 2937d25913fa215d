"""What holds for every test."""

from hypothesis import settings

settings.register_profile("foxup", deadline=None)  # speed is measured in tests/benchmarks, not asserted here
settings.load_profile("foxup")
