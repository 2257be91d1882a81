"""In img2img's Script dropdown: extend the picture past its edges."""

from modules import scripts

from lib_inpaint.host.doors import Door


class Outpaint(Door, scripts.Script):
    home, request, rows = "outpainting", "OutpaintRequest", (2, 2, 2, 2, 3, 3)

    def names(self):
        return {"masked_content": self.work.contents()}

    def arguments(self, p, values):
        return self.work.arguments(p, values)
