"""Run by the WebUI before it starts: adds the light packages that are missing.

Never touches torch, numpy, gradio, pydantic or Pillow: these are the host's. A package that cannot be installed is told
about and costs the one feature that needs it; the WebUI starts all the same.
"""

import importlib.util

import launch

MISSING = {  # import name: name on PyPI
    "cv2": "opencv-python-headless",  # whichever build of it is there stays; this one needs no graphics libraries
    "skimage": "scikit-image",
    "lazy_loader": "lazy-loader",  # without which scikit-image cannot be imported
    "huggingface_hub": "huggingface-hub",
    "filelock": "filelock",
    "tqdm": "tqdm",
    "segment_anything": "segment-anything",
    "segment_anything_hq": "segment-anything-hq",
    "timm": "timm",  # which segment-anything-hq imports without asking for it
}

for module, package in MISSING.items():
    if importlib.util.find_spec(module) is None:  # SD.Next's launch.is_installed knows names on PyPI only
        try:
            # --no-deps: a dependency's dependency must not replace the numpy or Pillow that the host runs with
            launch.run_pip(f"install --no-deps {package}", f"{package} for Inpaint Anything")
        except RuntimeError as error:
            print(f"Inpaint Anything: {package} could not be installed ({error}); pip install {package} by hand.")
