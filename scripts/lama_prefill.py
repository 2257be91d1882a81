"""In img2img's Script dropdown: fill what is masked, and sample from there."""

from modules import scripts

from lib_inpaint.host import lama_prefill
from lib_inpaint.host.refusals import answered
from lib_inpaint.models import registry
from lib_inpaint.schema import PrefillRequest
from lib_inpaint.ui import fields

ROWS = (2, 3, 1, 2)  # how many of the fields stand in each row


class LamaPrefill(scripts.Script):
    def title(self):
        return lama_prefill.TITLE

    def show(self, is_img2img):
        return is_img2img

    def ui(self, is_img2img):
        names = {"eraser": ["auto", *(model.name for model in registry.models("eraser"))]}
        widgets = fields.widgets(PrefillRequest, self.elem_id, ROWS, names)
        self.infotext_fields, self.paste_field_names = fields.pasting(PrefillRequest, widgets, self.title())
        return widgets

    def run(self, p, *args):
        with answered():
            return lama_prefill.run(p, fields.from_values(PrefillRequest, args))
