"""Requests made from the description of the API, sensible ones and others: none may be a fault of the server."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
from fakes.server import running
from PIL import Image

from lib_inpaint import api

schemathesis = pytest.importorskip("schemathesis", reason="pip install schemathesis")

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))  # for each of the endpoints, good and bad ones


def test_no_request_made_from_the_description_is_answered_500(tmp_path: Path) -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import Unsatisfiable
    from schemathesis import GenerationMode

    data = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)).save(data, "PNG")
    with running(tmp_path) as server:
        id = server.call("POST", "/images", data.getvalue()).json["id"]
        loaded = schemathesis.openapi.from_url(f"{server.address}{api.PREFIX}/openapi.json")
        statuses: dict[int, int] = {}
        for result in loaded.get_all_operations():
            operation = result.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                strategy = operation.as_strategy(generation_mode=mode)

                @settings(
                    max_examples=EXAMPLES,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=strategy)
                def one(case: schemathesis.Case) -> None:
                    if isinstance(case.body, dict) and "image" in case.body:
                        case.body = {**case.body, "image": id}  # so that what comes after it is reached too
                    if case.query and "wait" in case.query and len(str(case.query["wait"])) < 9:
                        case.query = {"wait": "0.1"}  # a valid one may be an hour
                    reply = case.call(base_url=f"{server.address}{api.PREFIX}", timeout=120)
                    statuses[reply.status_code] = statuses.get(reply.status_code, 0) + 1
                    assert reply.status_code != 500, (case.as_curl_command(), reply.text)
                    if reply.status_code >= 400:
                        assert {"error", "code"} <= set(reply.json()), reply.text

                with contextlib.suppress(Unsatisfiable):  # nothing about this endpoint can be wrong
                    one()
        failed = [job for job in server.state.jobs._jobs.values() if job.error and job.error["code"] == "internal"]
        assert not failed, [job.kind for job in failed]
        assert {200, 202, 404, 422} <= set(statuses), statuses
