// Two keys for people who are here all day: `n` starts an invitation, `/` goes to the search.
// They press what carries data-key. The last visible one wins: a page's own search comes before the menu's.

const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
const shown = (element) => element.offsetParent !== null;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
  if (event.key !== "n" && event.key !== "/") return;
  const ownSearch = event.key === "/" ? ', main input[type="search"]' : "";
  const target = [...document.querySelectorAll(`[data-key="${event.key}"]${ownSearch}`)].filter(shown).at(-1);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) {
    target.focus();
    target.select();
  } else {
    target.click();
  }
});
