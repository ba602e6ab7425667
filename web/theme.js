// Light or dark as somebody has set it (src/app/settings.rs), before the page's program is here; else the system decides, which the style sheet
// asks itself.

export const applyTheme = () => {
  try {
    const { theme } = JSON.parse(localStorage.getItem("undertone: settings") ?? "{}");
    if (["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
  } catch {
    // The browser keeps nothing, or not what this version has written.
  }
};
