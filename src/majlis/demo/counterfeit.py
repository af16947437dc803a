"""A counterfeit: an assembly of the same name, sound in itself, that nobody's committee ever joined."""

from __future__ import annotations

from pathlib import Path

from majlis.demo.committee import Committee
from majlis.demo.publishing import publish_bodies
from majlis.demo.setting import Setting
from majlis.demo.tell import QuietTeller
from majlis.demo.world import World


def counterfeit(original: Committee, folder: Path) -> None:
    """A public folder in ``folder`` with a record under the original's name and slug, with keys of its own."""
    setting = Setting(folder.with_name(f"{folder.name}-data"))
    setting.found_witnesses(["one", "two", "three"])
    world = World(setting, QuietTeller())
    false = Committee(world, original.slug, original.names, "assembly", charter=original.charter)
    false.found(setting.mirror_keys, 2)
    world.tick()
    world.seal_all()
    publish_bodies(setting.host, [false], folder)
    setting.close()
