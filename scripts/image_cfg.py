"""In img2img's and txt2img's Script dropdown: guidance by prompt and picture for instruct-pix2pix checkpoints."""

import gradio as gr
from modules import scripts

from lib_inpaint.host import image_cfg
from lib_inpaint.host.refusals import answered
from lib_inpaint.schema import ImageCfgRequest
from lib_inpaint.ui import fields

ROWS = (2, 3, 3, 3, 1, 2, 2)  # how many of the fields stand in each row


class ImageCfg(scripts.Script):
    def title(self):
        return image_cfg.TITLE

    def show(self, is_img2img):
        return True

    def ui(self, is_img2img):
        gr.HTML("For instruct-pix2pix checkpoints (8 input channels). With others it does nothing.")
        widgets = fields.widgets(ImageCfgRequest, self.elem_id, ROWS)
        self.infotext_fields, self.paste_field_names = fields.pasting(ImageCfgRequest, widgets, self.title())
        return widgets

    def run(self, p, *args):
        with answered():
            return image_cfg.run(p, fields.from_values(ImageCfgRequest, args))


# The WebUI's own scripts are loaded before those of extensions.
for script in scripts.scripts_data:
    if script.script_class.__module__ == "xyz_grid.py":
        image_cfg.add_axes(script.module)
