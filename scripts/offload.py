"""Always on, without a form: our models leave the GPU before the WebUI samples there."""

from modules import scripts

from lib_inpaint.webui.entry import offload


class Offload(scripts.Script):
    def title(self):
        return "Inpaint Anything: models leave the GPU"

    def show(self, is_img2img):
        return scripts.AlwaysVisible

    def before_process(self, p, *args):
        offload()
