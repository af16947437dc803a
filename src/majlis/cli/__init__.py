"""The commands: one module each, or one for a family; each knows how to ``register`` itself, and none knows another.

``register(commands)`` adds the module's parsers and sets their default ``run``, which takes the parsed arguments and
returns the exit code. Modules import what is heavy inside ``run``, as all of them are loaded to print one help.
"""

__all__: list[str] = []
