"""What pyproject.toml cannot say: the page's files, and which build of OpenCV is needed.

The WebUI wants the page's files in folders of its own choice; they are put into the package. OpenCV has several names
on PyPI, all of which bring one and the same folder `cv2`: whichever is there stays the only one.
"""

import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
PAGE = (("javascript/inpaint_anything", "**/*.mjs"), (".", "style.css"), (".", "localizations/*.json"))  # folder, files

OPENCV = (  # the first that is there, or else the first: it needs no graphics libraries of the system
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
REQUIRES = [
    "numpy>=1.24",
    "pillow>=9.5",
    "scikit-image>=0.21",
    "scipy>=1.9",
    "huggingface-hub>=0.16",
    "filelock>=3.9",
    "packaging>=21",
    "pydantic>=1.10",
]
ASK = """
import importlib.metadata, sys
for name in sys.argv[1:]:
    try:
        importlib.metadata.version(name)
        print(name)
        break
    except importlib.metadata.PackageNotFoundError:
        pass
"""


def opencv() -> str:
    """The requirement. pip builds in an environment of its own; with -E, Python sees the one around it."""
    told = subprocess.run([sys.executable, "-E", "-c", ASK, *OPENCV], stdout=subprocess.PIPE, text=True)
    return f"{told.stdout.strip() or OPENCV[0]}>=4.7"


class BuildWithPage(build_py):
    """Copies them to lib_inpaint/page; an editable install finds them where they are."""

    def page(self):
        """(file below ROOT, file below the package) of each."""
        for folder, pattern in PAGE:
            for path in sorted((ROOT / folder).glob(pattern)):
                yield str(path.relative_to(ROOT)), Path("lib_inpaint", "page", path.relative_to(ROOT / folder))

    def run(self):
        super().run()
        if not self.editable_mode:
            for source, target in self.page():
                self.mkpath(str(Path(self.build_lib, target).parent))
                self.copy_file(source, str(Path(self.build_lib, target)))

    def get_source_files(self):
        """So that they are in the source distribution too."""
        return [*super().get_source_files(), *(source for source, _ in self.page())]


setup(install_requires=[*REQUIRES, opencv()], cmdclass={"build_py": BuildWithPage})
