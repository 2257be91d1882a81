"""In img2img's Script dropdown: extend the picture past its edges."""

from modules import scripts

from lib_inpaint.webui.doors import Door


class Outpaint(Door, scripts.Script):
    home, request, rows = "outpainting", "OutpaintRequest", (2, 2, 2, 2, 3, 3)

    def names(self):
        from lib_inpaint.filling import outpaint

        return {"masked_content": outpaint.contents()}

    def arguments(self, p, values):
        return self.work.arguments(p, values)
