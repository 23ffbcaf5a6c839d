// Makes a select with data-picker searchable. It forgives accents and the order of words, and keeps the select as
// the field that is sent. Options may carry data-direction, data-tile (class) and data-mark (letters), or data-logo (a
// version; data-logos of the select says where logos are, with 0 for the value); a radio group named `direction` in the
// same form then narrows the list.

const MOST_SHOWN = 60;
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const choice = (option) => ({
  option,
  name: option.textContent.trim(),
  folded: fold(option.textContent),
  direction: option.dataset.direction ?? option.parentElement.dataset.direction ?? "",
});

const chosenDirection = (form) => form?.elements.namedItem("direction")?.value ?? "";

const row = (found) => {
  if (!found.option) return escape(String(found));
  const { tile, mark, logo, note } = found.option.dataset;
  const address = found.option.closest("select").dataset.logos?.replace("0", found.option.value);
  const start = logo && address
    ? `<img class="tile tile--small tile--logo" src="${escape(address)}?v=${escape(logo)}" width="24" height="24" alt="" loading="lazy">`
    : mark ? `<span class="tile tile--small ${escape(tile ?? "")}">${escape(mark)}</span>` : "";
  return `${start}<span>${escape(found.name)}</span>${note ? `<span class="muted">${escape(note)}</span>` : ""}`;
};

const enhance = (select) => {
  const choices = [...select.options].filter((option) => option.value && !("typed" in option.dataset)).map(choice);
  const holder = document.createElement("div");
  const id = select.id;
  const offered = () => choices.filter(({ direction }) => !direction || !chosenDirection(select.form) || direction === chosenDirection(select.form));

  // What was typed and fits no single one is sent as it is: the page that comes back still holds it.
  const keep = (text) => {
    select.querySelector("[data-typed]")?.remove();
    if (!text) return;
    const option = new Option(text, text, true, true);
    option.dataset.typed = "";
    select.add(option);
  };

  const pick = (found) => {
    keep("");
    select.value = found?.option ? found.option.value : "";
    note.textContent = "";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const renew = () => {
    holder.remove();
    note.remove();
    select.id = id;
    select.hidden = false;
    select.autofocus = false;
    if ("required" in select.dataset) select.required = true;
    return enhance(select);
  };

  const note = document.createElement("p");
  note.className = "field__help";
  note.setAttribute("role", "status");
  select.before(holder, note);
  select.id = `${id}-select`;
  select.hidden = true;
  if (select.required) {
    select.dataset.required = ""; // A hidden field that is required would block the form without a word.
    select.required = false;
  }
  window.accessibleAutocomplete({
    element: holder,
    id,
    name: "",
    required: "required" in select.dataset,
    showAllValues: true,
    confirmOnBlur: false,
    placeholder: select.dataset.placeholder ?? "",
    defaultValue: select.value ? select.selectedOptions[0].textContent.trim() : "",
    tNoResults: () => select.dataset.none ?? "",
    inputClasses: "picker__input",
    templates: { inputValue: (found) => found?.name ?? "", suggestion: row },
    source: (query, show) => {
      const chosen = select.selectedOptions[0];
      const isChosen = chosen && !("typed" in chosen.dataset) && query === chosen.textContent.trim();
      const words = fold(isChosen ? "" : query).split(/\s+/);
      show(offered().filter(({ folded }) => words.every((word) => folded.includes(word))).slice(0, MOST_SHOWN));
    },
    onConfirm: (found) => { if (found) pick(found); },
  });

  const input = document.getElementById(id);
  if (select.autofocus) input.focus();
  for (const name of ["aria-invalid", "aria-describedby"]) {
    const said = [select.getAttribute(name), input.getAttribute(name)].filter(Boolean).join(" ");
    if (said) input.setAttribute(name, said);
  }
  input.addEventListener("input", () => { if (select.value) pick(null); });
  const settle = () => {
    if (select.value || !input.isConnected) return;
    // Somebody who typed a name, or so much of it that one connector is left, and went on has chosen it.
    const typed = fold(input.value).trim();
    const one = (some) => (new Set(some.map(({ option }) => option.value)).size === 1 ? some[0] : null);
    const found = typed && (one(offered().filter(({ folded }) => folded.trim() === typed))
      ?? one(offered().filter(({ folded }) => typed.split(/\s+/).every((word) => folded.includes(word)))));
    if (!found) return keep(input.value.trim());
    pick(found);
    renew();
  };
  input.addEventListener("blur", settle);
  select.form?.addEventListener("submit", settle); // Enter sends without leaving the field.
  select.form?.addEventListener("change", (event) => {
    const current = choices.find(({ option }) => option.value === select.value);
    if (event.target.name !== "direction" || !current || offered().includes(current)) return;
    if (select.form.querySelectorAll("select[data-picker]").length > 1) return; // Several may be of both directions.
    pick(null);
    renew().textContent = (select.dataset.cleared ?? "").replace("…", current.name);
  });
  return note;
};

for (const select of document.querySelectorAll("select[data-picker]")) enhance(select);
