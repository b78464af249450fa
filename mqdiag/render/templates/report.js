"use strict";
(() => {
  const find = (selector, inside = document) => [...inside.querySelectorAll(selector)];

  // A number in a picture leads to its evidence: unfold the record there.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("svg a");
    const record = link && document.querySelector(link.getAttribute("href") + " details.raw");
    if (record) record.open = true;
  });

  const form = document.querySelector("#filter");
  if (!form) return;
  const incidents = find("details.incident");
  const count = form.querySelector("output b");

  const fits = (tags, wanted) =>
    (!wanted.cause || tags.cause === wanted.cause) &&
    (!wanted.channel || tags.channel === wanted.channel.trim()) &&
    (!wanted.host || tags.hosts.split("\n").includes(wanted.host)) &&
    (!wanted.from || !tags.end || tags.end >= wanted.from) &&
    (!wanted.until || !tags.start || tags.start <= wanted.until.padEnd(19, ":59"));

  const filter = () => {
    const wanted = Object.fromEntries(new FormData(form));
    let shown = 0;
    for (const each of incidents) {
      each.hidden = !fits(each.dataset, wanted);
      shown += each.hidden ? 0 : 1;
    }
    count.textContent = shown;
    document.querySelector("#none").hidden = shown > 0;
  };
  const fold = (open) => incidents.forEach((each) => { if (!each.hidden) each.open = open; });

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("#unfold").addEventListener("click", () => fold(true));
  document.querySelector("#fold").addEventListener("click", () => fold(false));
  filter();
})();
