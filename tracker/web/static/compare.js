// n and p, or j and k, move between the changed lines of a comparison; everything is readable without this file.
"use strict";
(function () {
  const lines = Array.from(document.querySelectorAll(".changed"));
  let place = -1;
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const step = { n: 1, j: 1, p: -1, k: -1 }[event.key];
    if (!step || !lines.length) return;
    event.preventDefault();
    place = place < 0 && step < 0 ? lines.length - 1 : (place + step + lines.length) % lines.length;
    lines[place].focus();
    lines[place].scrollIntoView({ block: "center" });
  });
})();
