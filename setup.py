"""What a wheel carries beside the package: the data, the notebooks, the measured minutes.

They travel in ``gan_lessons/_shipped``, laid out as in the repository; ``gan_lessons.files.course``
finds them there. Everything else about the package stands in pyproject.toml.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

TRAVEL = ("data/*.npz", "data/*.md", "notebooks/*.ipynb", "notebooks/solutions/*.ipynb")
TRAVEL += ("tools/minutes.json",)


class WithTheCourse(build_py):
    def run(self):
        super().run()
        if self.editable_mode:
            return  # the repository itself lies beside the package
        for pattern in TRAVEL:
            for file in sorted(Path().glob(pattern)):
                target = Path(self.build_lib, "gan_lessons", "_shipped", file)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


setup(cmdclass={"build_py": WithTheCourse})
