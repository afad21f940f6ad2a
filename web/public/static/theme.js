// Before the first paint: the chosen theme, else the system's.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("runstone.theme");
  } catch {
    chosen = null;
  }
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const { dataset } = document.documentElement;
  dataset.theme = chosen === "light" || chosen === "dark" ? chosen : system;
  const more = chosen === null && matchMedia("(prefers-contrast: more)").matches;
  if (chosen === "contrast" || more) dataset.contrast = "more";
})();
