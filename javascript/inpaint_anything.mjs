// What the WebUI loads. Everything else comes from an address of ours, so that all modules are of one version.

const { onUiLoaded } = /** @type {{onUiLoaded: (listener: () => void) => void}} */ (/** @type {any} */ (globalThis));

onUiLoaded(() =>
  import(new URL("inpaint-anything/page/main.mjs", document.baseURI).href).then((main) => main.start())
);
