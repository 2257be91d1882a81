"""Puts the page's files, which the WebUI wants in folders of its own choice, into the package. See pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
PAGE = (("javascript/inpaint_anything", "**/*.mjs"), (".", "style.css"), (".", "localizations/*.json"))  # folder, files


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


setup(cmdclass={"build_py": BuildWithPage})
