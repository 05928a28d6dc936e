// Without a clipboard (a page that is not secure) the text can still be selected.
if ("clipboard" in navigator) {
  for (const button of document.querySelectorAll("button")) {
    const source = document.getElementById(button.dataset.copy ?? "");
    if (!source) continue;
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", () => {
      void navigator.clipboard
        .writeText(source.textContent)
        .then(() => "Copied")
        .catch(() => "Select and copy")
        .then((outcome) => {
          button.textContent = outcome;
          setTimeout(() => (button.textContent = words), 2000);
        });
    });
  }
}
