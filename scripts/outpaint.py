"""In img2img's Script dropdown: extend the picture past its edges."""

from modules import scripts

from lib_inpaint.webui.entry import DropdownScript


class Outpaint(DropdownScript, scripts.Script):
    home, request, rows = "outpainting", "OutpaintRequest", (2, 2, 2, 2, 3, 3)
    least = 0  # as of calls that were made for "Poor man's outpainting"

    def names(self):
        from lib_inpaint.filling import outpaint

        return {"masked_content": outpaint.contents()}
