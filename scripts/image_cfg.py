"""In img2img's and txt2img's Script dropdown: guidance by prompt and picture for instruct-pix2pix checkpoints."""

import gradio as gr
from modules import scripts

from lib_inpaint.webui.entry import DropdownScript, add_axes


class ImageCfg(DropdownScript, scripts.Script):
    home, request, rows = "image_cfg", "ImageCfgRequest", (2, 3, 3, 3, 1, 2, 2)
    in_txt2img = True

    def __init__(self):
        if self.is_possible():
            add_axes()  # all scripts are loaded when the first is made, and no form is there yet

    def ui(self, is_img2img):
        gr.HTML("For instruct-pix2pix checkpoints (8 input channels). With others it does nothing.")
        return super().ui(is_img2img)
