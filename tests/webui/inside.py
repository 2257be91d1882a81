"""Runs in a WebUI's own Python: the whole WebUI but its page, in this process, driven by the tests over a socket.

So a test can ask what no HTTP client can see: how many rows the network was given, whether every object is the one it
was, and what the same request gives when the three predictions are computed one by one (reference.py).
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import ExitStack
from multiprocessing.connection import Client
from pathlib import Path

NETWORKS = ("UNetModel", "IntegratedUNet2DConditionModel")  # of A1111 and of Forge and Neo


def start(kind: str, flags: list[str]):
    """Start the WebUI of the current folder as `launch.py --nowebui --api` does; gives an HTTP client of its app."""
    sys.argv = ["webui.py", *flags]
    sys.path.insert(0, os.getcwd())
    import webui
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    if kind == "a1111":
        webui.initialize.initialize()
    answer_errors = getattr(webui, "_handle_exception", None)  # Forge's, which it gives its app
    app = FastAPI(exception_handlers={Exception: answer_errors} if answer_errors else None)
    webui.initialize_util.setup_middleware(app)
    webui.create_api(app)
    from modules import script_callbacks

    script_callbacks.before_ui_callback()
    script_callbacks.app_started_callback(None, app)
    return TestClient(app, raise_server_exceptions=False)


class Watch:
    """Counts what one request gives to the network, and can break into it."""

    def __init__(self, break_at: int, break_how: str) -> None:
        from modules import sd_samplers, shared

        self.break_at, self.break_how = break_at, break_how
        self.shared, self.sd_samplers = shared, sd_samplers
        self.rows = self.calls = self.pixels = 0
        self.seconds = 0.0
        self.samplers: list = []

    def __enter__(self) -> Watch:
        from torch.nn.modules import module

        # for all modules, since the checkpoint may change on the way
        self._hooks = [
            module.register_module_forward_pre_hook(self._before),
            module.register_module_forward_hook(self._after),
        ]
        self._create = self.sd_samplers.create_sampler
        self.sd_samplers.create_sampler = self._remember
        return self

    def __exit__(self, *_) -> None:
        self.sd_samplers.create_sampler = self._create
        for hook in self._hooks:
            hook.remove()

    def _remember(self, *args):
        sampler = self._create(*args)
        self.samplers.append((sampler, sampler.func, sampler.model_wrap_cfg, set(vars(sampler.model_wrap_cfg))))
        return sampler

    def _before(self, module, args) -> None:
        if type(module).__name__ not in NETWORKS:
            return
        self.rows += len(args[0])
        self.pixels += args[0][:, 0].numel() * 64  # of the pictures that the latents stand for
        self.calls += 1
        if self.calls == self.break_at:
            if self.break_how == "raise":
                raise RuntimeError("broken on purpose")
            getattr(self.shared.state, self.break_how)()  # interrupt, skip, stop_generating
        self._began = time.perf_counter()

    def _after(self, module, *_) -> None:
        if type(module).__name__ in NETWORKS:
            self.seconds += time.perf_counter() - self._began

    def left_behind(self) -> list[str]:
        """What of the samplers and denoisers of this request is not what it was when they were made."""
        found = []
        for sampler, function, denoiser, names in self.samplers:
            if sampler.func is not function:
                found.append("the sampler's function")
            if sampler.model_wrap_cfg is not denoiser:
                found.append("the denoiser")
            found += sorted(set(vars(denoiser)) - names)
            found += ["a hook"] if denoiser._forward_pre_hooks else []
        return found


class Inside:
    """The commands; each is a method."""

    def __init__(self, kind: str, flags: list[str]) -> None:
        self.kind = kind
        self.client = start(kind, flags)
        from modules import shared

        self.shared = shared
        if kind != "a1111":
            from modules import sd_models

            shared.opts.data["uni_pc_order"] = 3  # Forge's page saves 3.0, which its own UniPC cannot take
            sd_models.forge_model_reload()  # which would wait for the first request

    def post(
        self,
        path: str,
        body: dict,
        reference: dict | None = None,
        break_at: int = 0,
        break_how: str = "",
        blending: dict | None = None,
    ) -> dict:
        """One request; `reference` makes the guidance be computed by reference.py instead of by anybody else.

        `blending` are arguments for reference_blend.py, which watches the sampling or takes its place.
        """
        seen = None
        with ExitStack() as stack:
            if reference is not None:
                from reference import instead

                stack.enter_context(instead(self.kind, **reference))
            if blending is not None:
                from reference_blend import within

                seen = stack.enter_context(within(**blending))
            watch = stack.enter_context(Watch(break_at, break_how))
            began, worked = time.perf_counter(), time.process_time()
            answer = self.client.post(path, json=body)
            seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - worked
        content = answer.json()
        return {
            "status": answer.status_code,
            "images": content.get("images") or [],
            "info": json.loads(content["info"]) if answer.status_code == 200 else {},
            "error": content,
            "rows": watch.rows,
            "calls": watch.calls,
            "pixels": watch.pixels,
            "network_seconds": watch.seconds,
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "left_behind": watch.left_behind(),
            "seen": seen,
        }

    def post_all(self, path: str, bodies: list[dict]) -> list[tuple]:
        """Many requests at once, each from a thread of its own: the status and the pictures of each."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(len(bodies)) as threads:
            answers = list(threads.map(lambda body: self.client.post(path, json=body), bodies))
        return [(answer.status_code, answer.json().get("images") or []) for answer in answers]

    def pasted(self, title: str, text: str) -> list:
        """The values of a script's widgets after a picture's parameters were pasted; None where one stays as it is."""
        from modules import infotext_utils, scripts

        class Button:
            functions: list = []

            def click(self, fn=None, **_):
                self.functions.append(fn)
                return self  # Neo goes on with .then

            then = click

        script = next(s for s in scripts.scripts_img2img.selectable_scripts if s.title() == title)
        infotext_utils.connect_paste(button := Button(), script.infotext_fields, None, None, "img2img")
        return [update.get("value") for update in button.functions[0](text)]

    def call(self, method: str, path: str, body: dict | None = None) -> tuple:
        """One request to our own routes: its status and what it answers."""
        answer = self.client.request(method, f"/inpaint-anything/v1{path}", json=body)
        return answer.status_code, answer.json()

    def moves(self, path: str, body: dict) -> tuple:
        """One request while a model of ours that weighs something is on a GPU: its status, and each move of the model:
        where to, whether the WebUI's queue was held, and how often the network had been called.
        """
        from lib_inpaint.models.pool import LoadedModel
        from lib_inpaint.webui.entry import _per_process

        service, moved = _per_process.open().service, []
        with Watch(0, "") as watch:

            class Weighty:
                device, nbytes = "cuda", 1000

                def to(self, device: str) -> None:
                    self.device = device
                    moved.append((device, is_queue_held(), watch.calls))

            service.models.loaded.put("weighty", LoadedModel(Weighty(), 1000))
            answer = self.client.post(path, json=body)
            calls = watch.calls
        return answer.status_code, moved, calls

    def loads(self, path: str, body: dict) -> tuple:
        """One request to our routes after all models were dropped: its status, and what was loaded, and whether the
        WebUI's queue was held then.
        """
        from lib_inpaint.models import registry

        self.client.post("/inpaint-anything/v1/unload")
        seen, load = [], registry.load

        def watched(model, *args):
            seen.append((model.name, is_queue_held()))
            return load(model, *args)

        registry.load = watched
        try:
            answer = self.client.post(f"/inpaint-anything/v1{path}?wait=120", json=body)
        finally:
            registry.load = load
        return answer.status_code, seen

    def read(self, name: str) -> tuple:
        """A picture that was saved today, by its name: its parameters as the WebUI parses them, and its file."""
        from modules import images, infotext_utils
        from PIL import Image

        folder = Path(self.shared.opts.outdir_samples or self.shared.opts.outdir_img2img_samples)
        path = max(folder.rglob(name), key=lambda path: path.stat().st_mtime)
        with Image.open(path) as picture:
            text = images.read_info_from_image(picture)[0]
        return infotext_utils.parse_generation_parameters(text), path.read_bytes()

    def saved(self) -> int:
        """How many pictures img2img has saved so far."""
        folder = Path(self.shared.opts.outdir_samples or self.shared.opts.outdir_img2img_samples)
        return sum(path.is_file() for path in folder.rglob("*"))

    def option(self, name: str, value) -> None:
        """Set one of the WebUI's settings, as its page does."""
        self.client.post("/sdapi/v1/options", json={name: value})

    def memory(self) -> int:
        """Bytes of memory that this process has, after what can be given back was."""
        import ctypes
        import gc

        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def get(self, path: str):
        return self.client.get(path).json()

    def state(self) -> dict:
        """What a run must leave as it is: the identity of everything that could be patched, and all options."""
        from modules import (
            processing,
            sd_samplers_cfg_denoiser,
            sd_samplers_common,
            sd_samplers_kdiffusion,
            sd_samplers_timesteps,
        )

        classes = [
            sd_samplers_cfg_denoiser.CFGDenoiser,
            sd_samplers_kdiffusion.CFGDenoiserKDiffusion,
            sd_samplers_kdiffusion.KDiffusionSampler,
            sd_samplers_timesteps.CFGDenoiserTimesteps,
            sd_samplers_timesteps.CompVisSampler,
            processing.StableDiffusionProcessingImg2Img,
            processing.StableDiffusionProcessingTxt2Img,
            sd_samplers_common.Sampler,
        ]
        objects = {f"{c.__name__}.{name}": id(value) for c in classes for name, value in vars(c).items()}
        objects["model"] = id(self.shared.sd_model)
        if self.kind != "a1111":
            objects |= {name: id(value) for name, value in vars(self.shared.sd_model.forge_objects_original).items()}
        return {"objects": objects, "options": json.dumps(self.shared.opts.data, sort_keys=True, default=str)}

    def axes(self) -> list[str]:
        """The axes that X/Y/Z plot offers in img2img, in order."""
        from modules import scripts

        plot = next(s for s in scripts.scripts_img2img.selectable_scripts if s.title() == "X/Y/Z plot")
        return [axis.label for axis in plot.current_axis_options]


def is_queue_held() -> bool:
    """Whether somebody has the WebUI's queue for himself."""
    from modules.call_queue import queue_lock

    if queue_lock.acquire(False):
        queue_lock.release()
        return False
    return True


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    kind, *flags = sys.argv[1:]
    with Client(os.environ["WEBUI_SOCKET"], authkey=os.environ["WEBUI_KEY"].encode()) as line:
        inside = Inside(kind, flags)
        line.send("up")
        while True:
            try:
                name, args = line.recv()
            except EOFError:
                break
            try:
                line.send((True, getattr(inside, name)(**args)))
            except Exception as error:  # to the test, which fails with it
                line.send((False, repr(error)))
    os._exit(0)  # the WebUI's threads do not end by themselves
