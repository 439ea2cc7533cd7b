"use strict";
(() => {
  if (document.querySelector(".entries") === null)
    return;
  const form = document.getElementById("search");
  const words = document.getElementById("words");
  const outcome = document.getElementById("outcome");
  const found = document.getElementById("found");
  const rows = Array.from(document.querySelectorAll(".entries tbody tr"));
  let texts = null;
  let timer = 0;

  function search() {
    texts = texts || rows.map((row) => row.textContent.toLowerCase());
    const wanted = words.value.toLowerCase().split(" ").filter((word) => word !== "");
    let count = 0;
    rows.forEach((row, i) => {
      const fits = (outcome.value === "" || row.dataset.o === outcome.value) &&
        wanted.every((word) => texts[i].includes(word));
      if (row.hidden === fits)
        row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    found.textContent = count === rows.length ? "" :
      `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
  }

  words.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  outcome.addEventListener("change", search);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  /* page.html#failed.tif opens with a search. */
  function searchFromAddress() {
    words.value = decodeURIComponent(location.hash.slice(1));
    search();
  }
  window.addEventListener("hashchange", searchFromAddress);
  form.hidden = false;
  if (location.hash !== "")
    searchFromAddress();
})();
