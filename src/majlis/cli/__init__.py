"""The commands: one module each, or one for a family; each knows how to ``register`` itself, and none knows another.

``register(commands)`` adds the module's parsers and sets their default ``run``, which takes the parsed arguments and
returns the exit code. A module is loaded when one of its commands is called, by the tables of ``commands.py``; what is
heavy and not needed for every use of the command it imports inside ``run``.
"""

__all__: list[str] = []
