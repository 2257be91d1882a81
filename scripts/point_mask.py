"""In img2img's Script dropdown: inpaint what is pointed at."""

from modules import scripts

from lib_inpaint.webui.entry import DropdownScript, models


class PointMask(DropdownScript, scripts.Script):
    home, request, rows = "point_mask", "PointMaskRequest", (1, 2, 2, 3, 3, 3)
    least = 13  # as of calls that were made before it could find text

    def names(self):
        return {"segmenter": models("segmenter"), "masked_content": self.work.contents()}

    def ui(self, is_img2img):
        from lib_inpaint.ui import points

        widgets = super().ui(is_img2img)
        points.picker(widgets[0], self.elem_id("picker"))
        return widgets
