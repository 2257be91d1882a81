"""In img2img's Script dropdown: extend the picture past its edges."""

from modules import scripts

from lib_inpaint import outpaint
from lib_inpaint.host import outpainting
from lib_inpaint.host.refusals import answered
from lib_inpaint.schema import OutpaintRequest
from lib_inpaint.ui import fields

ROWS = (2, 2, 4, 3, 3)  # how many of the fields stand in each row


class Outpaint(scripts.Script):
    def title(self):
        return outpainting.TITLE

    def show(self, is_img2img):
        return is_img2img

    def ui(self, is_img2img):
        names = {"masked_content": outpaint.contents()}
        widgets = fields.widgets(OutpaintRequest, self.elem_id, ROWS, names)
        self.infotext_fields, self.paste_field_names = fields.pasting(OutpaintRequest, widgets, self.title())
        return widgets

    def run(self, p, *args):
        with answered():
            return outpainting.run(p, fields.from_values(OutpaintRequest, outpainting.arguments(p, args)))
