// What the WebUI loads. Everything else comes from an address of ours, so that all modules are of one version.

/* global onUiLoaded */
onUiLoaded(() =>
  import(new URL("inpaint-anything/page/main.mjs", document.baseURI).href).then((main) => main.start())
);
