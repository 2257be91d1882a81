"""A1111's WebUI and Forge as a host, in what both have alike; and whom they let in.

Both keep the modules used here under the same names. What they do differently (guidance, so far) has a file each.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator

from starlette.requests import Request

from ..models.files.download import is_offline
from . import settings
from .img2img import Img2img

if TYPE_CHECKING:
    from ..service import Service

_in_queue: ContextVar[bool] = ContextVar("in_queue", default=False)


@lru_cache(maxsize=1)
def service() -> Service:
    """The service of this process: whichever door asks, and after Reload UI too, a model is loaded once."""
    from ..service import Service  # here, as a WebUI's start should not wait for it

    return Service(Webui())


@contextmanager
def in_queue() -> Iterator[None]:
    """For a Script's run, which the WebUI calls with its queue lock held: the service does not take it again."""
    token = _in_queue.set(True)
    try:
        yield
    finally:
        _in_queue.reset(token)


class Webui:
    """The WebUI this process is. Asked anew at each use, as its settings change while it runs."""

    sampling = Img2img()

    def __init__(self) -> None:
        try:
            import modules_forge  # noqa: F401

            self.name = "forge"
        except ModuleNotFoundError:
            self.name = "a1111"

    @property
    def device(self) -> str:
        """Where models run: the WebUI's own choice, which is the processor under `--use-cpu all`."""
        from modules import devices

        return str(devices.get_device_for("inpaint-anything"))

    @property
    def dtype(self) -> str:
        """The WebUI's precision, as torch spells it; always float32 without a GPU."""
        from modules import devices

        return "float32" if self.device == "cpu" else str(devices.dtype).removeprefix("torch.")

    @property
    def offline(self) -> bool:
        return settings.read().offline or is_offline()

    @property
    def embedding_budget(self) -> int:
        return settings.read().embeddings << 20

    @property
    def model_budget(self) -> int:
        return settings.read().models << 20

    def preferred(self, kind: str) -> str:
        """As the settings say."""
        return getattr(settings.read(), kind)

    @property
    def model_folders(self) -> list[Path]:
        """Our own folder below the WebUI's models, then all of the WebUI's, with those of other extensions."""
        from modules import paths_internal

        models = Path(paths_internal.models_path)
        return [models / "inpaint-anything", models, Path(paths_internal.data_path)]

    @property
    def results_folder(self) -> Path:
        """Where the routes keep what jobs gave."""
        from modules import paths_internal

        return Path(paths_internal.data_path) / "cache" / "inpaint-anything"

    def exclusive(self) -> AbstractContextManager[Any]:
        """The WebUI's queue lock: nothing of its own is sampled meanwhile. Within `in_queue` it is held already."""
        from modules import call_queue

        return nullcontext() if _in_queue.get() else call_queue.queue_lock

    def alongside(self) -> AbstractContextManager[Any]:
        """Nothing: a decoder pass takes tens of milliseconds and fits beside a checkpoint that is sampling."""
        return nullcontext()


def may_enter(app: Any, request: Request) -> bool:
    """Whether the WebUI itself would answer this request: `--api-auth` and `--gradio-auth`, as its own routes ask them.

    Where both are set, either will do: programs have the one, the page the other. app: the WebUI's FastAPI application.
    """
    from modules import shared

    from ..api.guard import basic

    api_auth = shared.cmd_opts.api_auth
    has_login = getattr(app, "auth", None) is not None or getattr(app, "auth_dependency", None) is not None
    if not api_auth and not has_login:
        return True
    if has_login and _user(app, request) is not None:
        return True
    return bool(api_auth) and basic(dict(pair.split(":", 1) for pair in api_auth.split(",")))(request)


def other_origins() -> list[str]:
    """The pages of other servers that `--cors-allow-origins` lets call the WebUI."""
    from modules import shared

    return [origin.strip() for origin in (shared.cmd_opts.cors_allow_origins or "").split(",") if origin.strip()]


def _user(app: Any, request: Request) -> Any:
    """Who is logged in to gradio, or None; as get_current_user in gradio/routes.py of 3.41 and 4.40 finds out."""
    if getattr(app, "auth_dependency", None) is not None:
        return app.auth_dependency(request)
    cookie_id = getattr(app, "cookie_id", None)  # gradio 4 has one, so that two servers do not share cookies
    suffix = f"-{cookie_id}" if cookie_id is not None else ""
    names = (f"access-token{suffix}", f"access-token-unsecure{suffix}")
    token = next((request.cookies[name] for name in names if request.cookies.get(name)), None)
    return app.tokens.get(token)
