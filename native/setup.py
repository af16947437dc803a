"""Builds the library with cargo and puts it beside the package. One wheel serves every Python of a platform."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
LIBRARY = {"win32": "majlis_native.dll", "darwin": "libmajlis_native.dylib"}.get(sys.platform, "libmajlis_native.so")


class Build(build_py):
    """The package, and the library that cargo makes."""

    def run(self) -> None:
        super().run()
        target = Path(os.environ.get("CARGO_TARGET_DIR") or HERE / "target")
        command = ["cargo", "build", "--release", "--offline", "--manifest-path", str(HERE / "Cargo.toml")]
        subprocess.run(command, check=True, env={**os.environ, "CARGO_TARGET_DIR": str(target)})  # noqa: S603
        shutil.copy2(target / "release" / LIBRARY, Path(self.build_lib) / "majlis_native" / LIBRARY)


class Wheel(bdist_wheel):
    """For this platform, and for no Python in particular."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


class Binary(Distribution):
    """Not pure, so that it is installed where libraries of a platform go."""

    def has_ext_modules(self) -> bool:
        return True


setup(cmdclass={"build_py": Build, "bdist_wheel": Wheel}, distclass=Binary)
