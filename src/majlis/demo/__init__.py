"""The demonstration: the life of a federation on a real census, through the code that a real one uses."""

from majlis.demo.story import Story, Told, tell_story

__all__ = ["Story", "Told", "tell_story"]
