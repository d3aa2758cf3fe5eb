// Shows and hides what is there; without it, all questions are shown.
"use strict";
{
  const form = document.getElementById("filter");
  const items = [...document.querySelectorAll("#list > details")];
  const texts = new Map();
  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const hasFault = (item, wanted) => {
    const faults = item.dataset.faults.split(" ").filter(Boolean);
    if (wanted === "none") return faults.length === 0;
    if (wanted === "any") return faults.length > 0;
    return faults.includes(wanted);
  };
  const show = () => {
    const chosen = Object.fromEntries(new FormData(form));
    const words = chosen.words.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const item of items) {
      const fits = ["language", "expected", "outcome", "synthetic"]
        .every((name) => !chosen[name] || item.dataset[name] === chosen[name])
        && (!chosen.fault || hasFault(item, chosen.fault))
        && words.every((word) => textOf(item).includes(word));
      item.hidden = !fits;
      n += fits ? 1 : 0;
    }
    form.querySelector("output").textContent = `${n} of ${items.length}`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
}
