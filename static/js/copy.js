// Buttons with data-copy="<id of a field>" put its text on the clipboard. Hidden where there is no clipboard.

const SHOW_RESULT_MS = 2000;

const reveal = (root) => {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("[data-copy-label]");
  const before = label.textContent;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return; // The text is selected: the person copies it by hand.
  }
  if (before === button.dataset.copied) return;
  label.textContent = button.dataset.copied;
  setTimeout(() => { label.textContent = before; }, SHOW_RESULT_MS);
});

document.addEventListener("htmx:load", (event) => reveal(event.detail.elt));
reveal(document);
