"""In img2img's Script dropdown: inpaint what is pointed at."""

from modules import scripts

from lib_inpaint.host import point_mask
from lib_inpaint.host.refusals import answered
from lib_inpaint.models import registry
from lib_inpaint.schema import PointMaskRequest
from lib_inpaint.ui import fields, points

ROWS = (1, 2, 2, 3, 3, 2)  # how many of the fields stand in each row


class PointMask(scripts.Script):
    def title(self):
        return point_mask.TITLE

    def show(self, is_img2img):
        return is_img2img

    def ui(self, is_img2img):
        names = {
            "segmenter": ["auto", *(model.name for model in registry.models("segmenter"))],
            "masked_content": point_mask.contents(),
        }
        widgets = fields.widgets(PointMaskRequest, self.elem_id, ROWS, names)
        points.picker(widgets[0], self.elem_id("picker"))
        self.infotext_fields, self.paste_field_names = fields.pasting(PointMaskRequest, widgets, self.title())
        return widgets

    def run(self, p, *args):
        with answered():
            return point_mask.run(p, fields.from_values(PointMaskRequest, args))
