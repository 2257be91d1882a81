"""The tab, its settings, and the REST routes. Only registered here."""

import inspect

from modules.script_callbacks import ScriptCallback, add_callback, callback_map

from lib_inpaint.webui import entry

CALLBACKS = {"ui_settings": entry.add_settings, "ui_tabs": entry.tabs, "app_started": entry.add_routes}

for event, callback in CALLBACKS.items():
    # As script_callbacks.on_ui_tabs and the like do. These look for this file's name among all modules that are
    # loaded, which takes longer than all else here; in Forge Classic and SD.Next it cannot be told.
    if "filename" in inspect.signature(add_callback).parameters:
        add_callback(callback_map[f"callbacks_{event}"], callback, category=event, filename=__file__)
    else:
        callback_map[f"callbacks_{event}"].append(ScriptCallback(__file__, callback))
