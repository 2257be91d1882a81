"""The REST routes, when the WebUI has started."""

from modules import script_callbacks

from lib_inpaint.host import routes

script_callbacks.on_app_started(lambda _, app: routes.add(app))
