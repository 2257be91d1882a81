"""In img2img's Script dropdown: fill what is masked, and sample from there."""

from modules import scripts

from lib_inpaint.webui.entry import DropdownScript, models


class LamaPrefill(DropdownScript, scripts.Script):
    home, request, rows = "lama_prefill", "PrefillRequest", (2, 3, 1, 2)

    def names(self):
        return {"eraser": models("eraser")}
