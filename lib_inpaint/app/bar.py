"""The progress bar of the command line."""

from __future__ import annotations

from ..progress import Progress, silent


class Bar:
    """A progress bar on the terminal as a Progress, or nothing where nobody watches."""

    def __init__(self, title: str, shown: bool) -> None:
        self._title, self._shown = title, shown

    def __enter__(self) -> Progress:
        if not self._shown:
            return silent
        from tqdm import tqdm

        self._bar = tqdm(
            total=1.0, desc=self._title, bar_format="{desc} {percentage:3.0f}% |{bar}| {elapsed} {postfix}", leave=False
        )
        return self._report

    def _report(self, fraction: float, text: str = "") -> None:
        self._bar.n = min(fraction, 1.0)
        self._bar.set_postfix_str(text.strip(), refresh=False)
        self._bar.refresh() if fraction >= 1.0 else self._bar.update(0)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._bar.close()
