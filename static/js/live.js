// A part of a page with data-live asks for itself again while it may change. It is replaced only when something in it
// did, and what the person had opened stays open. htmx gives the focus back to the element of the same id.

let told = "";
let opened = [];

// Marks against forgery and repetition differ in each answer and tell nothing.
const words = (html) => html.replace(/<input type="hidden"[^>]*>/g, "");

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.target.matches("[data-live]")) return;
  const now = words(detail.serverResponse);
  if (now === told) detail.shouldSwap = false;
  told = now;
  opened = [...detail.target.querySelectorAll("details[open][id]")].map(({ id }) => id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
});
