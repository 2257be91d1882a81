"""The page as Python makes it: its widgets and what they are wired to, its files, and where it is answered."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
from fakes.infotext import parse
from fakes.server import Running, running

from lib_inpaint.diffusion.infotext import DONE
from lib_inpaint.models import registry
from lib_inpaint.schema import InpaintRequest, Settings, fields_of
from lib_inpaint.standalone.host import Standalone

gr = pytest.importorskip("gradio")

from lib_inpaint.ui import page, pasting, tab  # noqa: E402
from lib_inpaint.ui.actions import ACTIONS, FORMS, fields  # noqa: E402
from lib_inpaint.ui.settings import component  # noqa: E402

ROOT = Path(__file__).parent.parent


class Webui(Standalone):
    """A host with a checkpoint, in what the page asks of it."""

    name = "a1111"

    class sampling:
        can = ("inpaint", "outpaint", "edit")
        samplers, schedulers = ("Euler", "DPM++ 2M"), ("Automatic", "Karras")


def config(host: Any) -> dict[str, Any]:
    return tab.tab_blocks(tab.page_context(host, Settings())).get_config_file()


def widgets(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Properties by element id."""
    return {
        c["props"]["elem_id"]: {**c["props"], "number": c["id"]}
        for c in made["components"]
        if c["props"].get("elem_id")
    }


def data(made: dict[str, Any]) -> dict[str, Any]:
    shown = "".join(str(c["props"].get("value")) for c in made["components"] if c["type"] == "html")
    return json.loads(html.unescape(re.search(r'data-page="([^"]*)"', shown)[1]))


@pytest.mark.parametrize("host", [Standalone(), Webui()], ids=["alone", "webui"])
def test_every_button_gives_its_fields_in_the_order_that_the_page_is_told(host: Any) -> None:
    made = config(host)
    found, told = widgets(made), data(made)
    scripts: dict[int, list[dict[str, Any]]] = {}
    for dependency in made["dependencies"]:
        (target,) = dependency["targets"]  # (component, event), and in gradio 3 the component alone
        scripts.setdefault(target if isinstance(target, int) else target[0], []).append(dependency)
    for name, action in told["actions"].items():
        button = found[f"inpaint_anything_run_{name}"]["number"]
        (wired,) = scripts[button]
        assert f'run("{name}", values)' in wired["js"]
        assert not wired["backend_fn"]
        ids = [found[f"inpaint_anything_{name}_{field}"]["number"] for field in action["fields"]]
        assert wired["inputs"] == ids
    for name, names in told["forms"].items():
        assert [f"inpaint_anything_{name}_{field}" in found for field in names] == [True] * len(names)
    names = {**{name: action["fields"] for name, action in told["actions"].items()}, **told["forms"]}
    ids = {
        name: [found[f"inpaint_anything_{name}_{field}"]["number"] for field in fields]
        for name, fields in names.items()
    }
    for name in names:
        telling = [one for one in made["dependencies"] if f'set("{name}", values)' in (one["js"] or "")]
        assert [one["inputs"] for one in telling] == [ids[name]] * len(ids[name])
    (refill,) = scripts[found["inpaint_anything_refill"]["number"]]
    every = [one for name in names if name != "mask" for one in ids[name]]  # as the page puts them together
    assert (refill["inputs"], refill["outputs"], refill["backend_fn"]) == (every, every, False)


def test_without_a_checkpoint_there_is_nothing_that_needs_one() -> None:
    assert list(data(config(Standalone()))["actions"]) == ["remove", "extend"]
    assert "save" not in data(config(Standalone()))["settings"]
    assert list(data(config(Webui()))["actions"]) == ["remove", "fill", "background", "extend", "edit"]
    assert data(config(Webui()))["settings"]["save"] is True


def test_the_page_is_told_what_follows_the_checkpoint_and_what_it_is_at_first() -> None:
    suits = {name: action["suits"] for name, action in data(config(Webui()))["actions"].items()}
    painted = {"cfg_scale": 7.0, "steps": 20}
    edited = {"text_cfg": 7.5, "steps": 20}
    assert suits == {"remove": None, "fill": painted, "background": painted, "extend": painted, "edit": edited}
    assert [action["suits"] for action in data(config(Standalone()))["actions"].values()] == [None, None]


def test_extend_is_the_erasers_without_a_checkpoint_and_sampled_with_one() -> None:
    alone, webui = (data(config(host))["actions"]["extend"] for host in (Standalone(), Webui()))
    assert (alone["route"], webui["route"]) == ("extend", "outpaint")
    assert alone["fields"] == ["left", "right", "up", "down", "eraser", "feather", "large_image", "refine"]
    assert webui["fields"][:8] == [
        "prompt",
        "negative_prompt",
        "left",
        "right",
        "up",
        "down",
        "masked_content",
        "denoising_strength",
    ]
    assert "inpaint_anything_extend_prompt" not in widgets(config(Standalone()))
    for actions in (
        tab.page_context(Standalone(), Settings()).actions(),
        tab.page_context(Webui(), Settings()).actions(),
    ):
        assert len({action.name for action in actions}) == len(actions)


def test_what_can_be_chosen_is_what_there_is() -> None:
    found = widgets(config(Webui()))
    values = lambda name: [one[-1] if isinstance(one, (list, tuple)) else one for one in found[name]["choices"]]  # noqa: E731
    assert values("inpaint_anything_fill_sampler") == ["Euler", "DPM++ 2M"]
    assert values("inpaint_anything_remove_eraser")[1:] == [one.name for one in registry.models("eraser")]
    assert values("inpaint_anything_fill_masked_content")[:5] == [
        "fill",
        "original",
        "latent noise",
        "latent nothing",
        "auto",
    ]
    erasers = [one.name for one in registry.models("eraser")]
    expected = ["fill", "original", "latent noise", "latent nothing", "auto", "edge", "mirror", *erasers]
    assert values("inpaint_anything_extend_masked_content") == expected


def test_a_list_says_what_is_not_installed_and_its_values_are_plain_names() -> None:
    found = widgets(config(Standalone()))["inpaint_anything_remove_eraser"]
    shown = [tuple(one) if isinstance(one, (list, tuple)) else (one, one) for one in found["choices"]]
    assert ("auto", "auto") in shown
    assert ("telea", "telea") in shown
    if gr.__version__.startswith("3."):  # which can only show the values
        assert ("lama", "lama") in shown
        assert "Not installed: lama, lama_onnx, anime-lama," in found["info"]
    else:
        assert ("lama (not installed)", "lama") in shown


def test_fields_called_alike_are_remembered_apart() -> None:
    with gr.Blocks() as blocks:
        tab.tab(tab.page_context(Webui(), Settings()))
    steps = [one for one in blocks.blocks.values() if getattr(one, "label", "") == "Steps"]
    assert len({one.custom_script_source for one in steps}) == len(steps) == 4
    grow = next(one for one in blocks.blocks.values() if getattr(one, "label", "") == "Grow")
    assert grow.do_not_save_to_config


def test_every_field_of_an_action_is_one_of_its_request() -> None:
    for one in (*ACTIONS, *FORMS):
        names = [field.name for field in fields_of(one.request)]
        asked = fields(one.rows + getattr(one, "more", ()))
        assert set(asked) <= set(names)
        assert len(set(asked)) == len(asked)


def test_parameters_are_read_into_the_widgets_of_what_made_them() -> None:
    text = f"a car\nSteps: 5, Seed: 9, Size: 64x32, Feather: 3, {DONE}: background"
    done, values = pasting.wanted(parse(text), ACTIONS)
    assert done == "background"
    names = [(action.name, name) for action in ACTIONS for name in fields(action.rows + action.more)]
    read = {key: value for key, value in zip(names, values) if value is not None}
    assert {action for action, _ in read} == {"background"}
    assert read["background", "prompt"] == "a car"
    assert (read["background", "steps"], read["background", "width"], read["background", "feather"]) == (5, 64, 3)
    default = next(field.default for field in fields_of(InpaintRequest) if field.name == "cfg_scale")
    assert read["background", "cfg_scale"] == default
    assert ("background", "batch_count") not in read  # is not written, so it stays as it is


def test_parameters_of_an_extension_are_read_into_its_widgets() -> None:
    text = (
        "a hill\nNegative prompt: grey\nSteps: 5, Seed: 9, CFG scale: 3, Size: 96x64, Denoising strength: 0, "
        f'Script: "Inpaint Anything: outpaint", Outpaint content: telea, Outpaint direction: "left, up", '
        f'Outpaint aspect ratio: "3:2", {DONE}: extend'
    )
    actions = tab.page_context(Webui(), Settings()).actions()
    done, values = pasting.wanted(parse(text), actions)
    assert done == "extend"
    names = [(action.name, name) for action in actions for name in fields(action.rows + action.more)]
    read = {key: value for key, value in zip(names, values) if value is not None}
    assert {action for action, _ in read} == {"extend"}
    expected = {"prompt": "a hill", "negative_prompt": "grey", "steps": 5, "seed": 9, "cfg_scale": 3.0, "left": 0}
    expected |= {"denoising_strength": 0.0, "masked_content": "telea", "aspect_ratio": "3:2", "width": 0, "height": 0}
    assert {name: read["extend", name] for name in expected} == expected
    assert read["extend", "direction"] == ["left", "up"]


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("", None),
        ("a car\nSteps: 5, Seed: 9, Size: 8x8", "fill"),
        (f"Eraser: blur, {DONE}: remove, Size: 8x8", "remove"),
    ],
)
def test_which_tab_parameters_belong_to(text: str, done: Any) -> None:
    assert pasting.wanted(parse(text), ACTIONS)[0] == done


def test_settings_have_widgets_that_take_their_defaults() -> None:
    for field in fields_of(Settings):
        kind, arguments = component(field)
        with gr.Blocks():
            made = kind(value=field.default, label=field.label, **arguments)
        assert made.value == field.default


# Its files.


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as one:
        yield one


def raw(server: Running, path: str, **headers: str) -> Any:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize(
    ("path", "kind", "file"),
    [
        ("main.mjs", "text/javascript", "javascript/inpaint_anything/main.mjs"),
        ("mask/runs.mjs", "text/javascript", "javascript/inpaint_anything/mask/runs.mjs"),
        ("style.css", "text/css", "style.css"),
        ("localizations/zh_CN.json", "application/json", "localizations/zh_CN.json"),
    ],
)
def test_the_pages_files_are_answered_and_asked_for_again(server: Running, path: str, kind: str, file: str) -> None:
    status, headers, content = raw(server, f"/inpaint-anything/page/{path}")
    assert (status, content) == (200, (ROOT / file).read_bytes())
    assert headers["Content-Type"].startswith(kind)
    assert headers["Cache-Control"] == "no-cache"
    status, headers, content = raw(server, f"/inpaint-anything/page/{path}", **{"If-None-Match": headers["ETag"]})
    assert (status, content, headers["Cache-Control"]) == (304, b"", "no-cache")


@pytest.mark.parametrize(
    "path",
    ["", "nothing.mjs", "install.py", "pyproject.toml", "../setup.py", "localizations/../setup.py", "%2e%2e/setup.py",
     "localizations", "localizations/", "/etc/passwd", "..%2f..%2fpyproject.toml", "scripts/image_cfg.py"],
)  # fmt: skip
def test_nothing_else_is_answered(server: Running, path: str) -> None:
    assert raw(server, f"/inpaint-anything/page/{path}")[0] == 404


def test_other_sites_may_not_load_them(server: Running) -> None:
    assert raw(server, "/inpaint-anything/page/main.mjs", **{"Sec-Fetch-Site": "cross-site"})[0] == 403


def test_no_password_is_wanted_for_them(tmp_path: Path) -> None:
    with running(tmp_path, allowed=lambda request: False) as server:
        assert raw(server, "/inpaint-anything/page/main.mjs")[0] == 200
        assert server.call("GET", "/info").status == 401


def test_an_installed_package_has_them(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    command = f"-q egg_info --egg-base {tmp_path} build_py --build-lib {tmp_path}/built"
    done = subprocess.run([sys.executable, "setup.py", *command.split()], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = tmp_path / "built" / "lib_inpaint" / "page"
    there = {path.relative_to(built).as_posix(): path.read_bytes() for path in built.rglob("*") if path.is_file()}
    scripts = ROOT / "javascript" / "inpaint_anything"
    wanted = {path.relative_to(scripts).as_posix(): path.read_bytes() for path in scripts.rglob("*.mjs")}
    wanted["style.css"] = (ROOT / "style.css").read_bytes()
    wanted["localizations/zh_CN.json"] = (ROOT / "localizations" / "zh_CN.json").read_bytes()
    assert there == wanted


# The page of its own.


def test_it_is_answered_at_the_root_beside_the_routes(tmp_path: Path) -> None:
    from fastapi import FastAPI

    app = FastAPI()
    page.add(app, Standalone(), photo=b"\xff\xd8 a photo")
    with running(tmp_path, app) as server:
        status, _, content = raw(server, "/")
        assert status == 200
        assert b"inpaint_anything_workspace" in content
        assert b"data:image/jpeg;base64," in content
        assert server.call("GET", "/info").json["host"]["name"] == "standalone"
        assert raw(server, "/inpaint-anything/page/main.mjs")[0] == 200


@pytest.mark.parametrize("root_path", ["", "/below/this"])
def test_it_knows_the_address_below_which_a_proxy_shows_it(tmp_path: Path, root_path: str) -> None:
    from fastapi import FastAPI

    app = FastAPI()
    page.add(app, Standalone(), root_path=root_path)
    with running(tmp_path, app) as server:
        told = re.search(rb'"root":\s*"([^"]*)"', raw(server, "/")[2])
    assert told is not None
    assert told[1].decode().removeprefix(f"http://127.0.0.1:{server.port}").rstrip("/") == root_path
